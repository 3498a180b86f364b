import { once } from 'node:events';
import t from 'tap';
import { consumeLocally } from '../../src/sfu/local-consumer.ts';
import { RtpFeed } from '../../src/sfu/rtp-feed.ts';
import { RoomOnWorker } from './room-on-worker.ts';

t.test('the transport closes with its consumer', async (t) => {
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
