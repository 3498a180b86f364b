import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { toNtpTime } from '../../src/rtp/rtcp.ts';
import { parseRtp } from '../../src/rtp/rtp-packet.ts';
import { RtpFeed } from '../../src/sfu/rtp-feed.ts';
import { RtpForward } from '../../src/sfu/rtp-forward.ts';
import { RoomOnWorker } from './room-on-worker.ts';

t.test('a publication goes to a port of this host', async (t) => {
  const world = await RoomOnWorker.open();
  t.teardown(() => world.close());
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');

  const feed = await RtpFeed.open(world.room.media, { trackId: 'A', codec: 'opus', cname: 'x' });
  const forward = await RtpForward.open(world.room.media, feed.publication);
  t.match(forward.stream, { mimeType: 'audio/opus', payloadType: Number, ssrc: Number });
  await forward.start(socket.address().port);
  const payload = Buffer.from('sound');
  feed.send({ sequenceNumber: 7, timestamp: 960, marker: true, payload });
  const [bytes] = await once(socket, 'message');
  t.match(parseRtp(bytes), { payloadType: forward.stream.payloadType, ssrc: forward.stream.ssrc, payload });

  t.same(forward.reports, []);
  const reported = once(forward.observer, 'report');
  feed.report(toNtpTime(1500), 48_000);
  const [report] = await reported;
  const instant = 2_208_988_801_500;
  t.same(report, { instant, timestamp: 48_000, age: 0 }, 'of the sender, as it is');
  t.match(forward.reports, [{ instant, timestamp: 48_000 }], 'for those who come later');

  const closed = once(forward.observer, 'closed');
  feed.close();
  await closed;
  t.equal(forward.closed, true, 'with its publication');
  forward.close();
  await forward.start(1);
  await t.rejects(RtpForward.open(world.room.media, feed.publication), 'of a track that is gone');
});
