import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { aggregate } from '../../src/media/rtp/h264-packetizer.ts';
import { toNtpTime } from '../../src/media/rtp/rtcp.ts';
import { parseRtp } from '../../src/media/rtp/rtp-packet.ts';
import { RtpFeed } from '../../src/sfu/rtp-feed.ts';
import { consumeLocally, RtpForward } from '../../src/sfu/rtp-forward.ts';
import { pps, sps } from '../media/rtp/nal-samples.ts';
import { RoomOnWorker } from './room-on-worker.ts';

async function listen(t: Test): Promise<Socket> {
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

t.test('a publication is sent to a port of this host', async (t) => {
  const world = await RoomOnWorker.open();
  t.teardown(() => world.close());
  const socket = await listen(t);

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

t.test('video is sent without the probing packets of mediasoup', async (t) => {
  const world = await RoomOnWorker.open();
  t.teardown(() => world.close());
  const socket = await listen(t);
  const feed = await RtpFeed.open(world.room.media, { trackId: 'A', codec: 'h264', cname: 'x' });
  const forward = await RtpForward.open(world.room.media, feed.publication);
  const came = new Map<number | undefined, number>();
  socket.on('message', (bytes) => {
    // reports of the consumer (RFC 5761 section 4)
    if (bytes.readUInt8(1) === 200) return;
    const ssrc = parseRtp(bytes)?.ssrc;
    came.set(ssrc, (came.get(ssrc) ?? 0) + 1);
  });
  await forward.start(socket.address().port);
  const payload = aggregate([sps, pps]);
  for (let index = 0; index < 3000 && (came.get(forward.stream.ssrc) ?? 0) < 100; index += 1) {
    feed.send({ sequenceNumber: index, timestamp: index * 900, marker: true, payload });
    await setTimeout(10);
  }
  t.same([...came.keys()], [forward.stream.ssrc], 'no other stream, such as 1234');
});

t.test('the transport of a local consumer closes with it', async (t) => {
  const world = await RoomOnWorker.open();
  t.teardown(() => world.close());
  const { room } = world;
  const feed = await RtpFeed.open(room.media, { trackId: 'A', codec: 'h264', cname: 'x' });
  const transport = await room.media.createDirectTransport();
  const consumer = await consumeLocally(room.media, feed.publication, transport);
  t.equal(consumer.paused, true);
  t.same(consumer.rtpParameters.headerExtensions, [], 'nothing to estimate a bandwidth with');
  const feedback = consumer.rtpParameters.codecs.flatMap(({ rtcpFeedback = [] }) => rtcpFeedback);
  t.ok(feedback.length > 0 && feedback.every(({ type }) => type === 'nack'));
  const closed = once(transport.observer, 'close');
  feed.close();
  await closed;
  t.ok(consumer.closed);

  const another = await room.media.createDirectTransport();
  await t.rejects(consumeLocally(room.media, feed.publication, another), 'of a track that is gone');
  t.ok(another.closed);
});
