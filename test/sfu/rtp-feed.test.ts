import { once } from 'node:events';
import t, { type Test } from 'tap';
import { aggregate } from '../../src/media/rtp/h264-packetizer.ts';
import { toNtpTime } from '../../src/media/rtp/rtcp.ts';
import type { FeedCodec } from '../../src/sfu/feed-codec.ts';
import { RtpFeed } from '../../src/sfu/rtp-feed.ts';
import { pps, slice, sps } from '../media/rtp/nal-samples.ts';
import { RoomOnWorker } from './room-on-worker.ts';
import { RtpTap } from './rtp-tap.ts';

async function openFeed(t: Test, codec: FeedCodec): Promise<{ world: RoomOnWorker; feed: RtpFeed }> {
  const world = await RoomOnWorker.open(null);
  t.teardown(() => world.close());
  return { world, feed: await RtpFeed.open(world.room.media, { trackId: 'A', codec, cname: 'camera' }) };
}

/** A keyframe in two packets. */
function sendKeyframe(feed: RtpFeed, sequenceNumber: number, timestamp: number): void {
  feed.send({ sequenceNumber, timestamp, marker: false, payload: aggregate([sps, pps]) });
  const payload = slice('I', { idr: true });
  feed.send({ sequenceNumber: (sequenceNumber + 1) & 0xffff, timestamp, marker: true, payload });
}

t.test('a feed is a publication like any other', async (t) => {
  const { world, feed } = await openFeed(t, 'h264');
  t.equal(world.room.media.publications.get('A'), feed.publication);
  t.equal(feed.publication.mimeType, 'video/H264');
  t.equal(feed.clockRate, 90_000);
  const [codec] = feed.publication.producer.rtpParameters.codecs;
  t.match(codec, {
    payloadType: 96,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
    rtcpFeedback: [
      { type: 'nack', parameter: 'pli' },
      { type: 'ccm', parameter: 'fir' },
    ],
  });
  t.equal(feed.publication.producer.rtpParameters.rtcp?.cname, 'camera');
  feed.close();
  feed.close();
  t.equal(world.room.media.publications.size, 0);
});

t.test('packets arrive as they were sent', async (t) => {
  const { world, feed } = await openFeed(t, 'h264');
  const tap = await world.tap();
  await tap.resume();
  const packets: { marker: boolean; payload: Buffer; timestamp: number }[] = [];
  tap.observer.on('packet', (packet) => packets.push(packet));
  sendKeyframe(feed, 65_535, 4_294_967_295);
  while (packets.length < 2) await once(tap.observer, 'packet');
  t.match(
    packets.map(({ marker, payload }) => ({ marker, payload })),
    [
      { marker: false, payload: aggregate([sps, pps]) },
      { marker: true, payload: slice('I', { idr: true }) },
    ],
  );
  t.equal(packets[0]?.timestamp, packets[1]?.timestamp);
});

t.test('the keyframe request of a viewer reaches the feed', async (t) => {
  const { world, feed } = await openFeed(t, 'h264');
  sendKeyframe(feed, 1, 1);
  const asked = once(feed.observer, 'keyframeRequest');
  const tap = await world.tap();
  await tap.resume();
  await asked;
  // The request is repeated until a keyframe comes.
  await once(feed.observer, 'keyframeRequest');
  const arrived = once(tap.observer, 'packet');
  sendKeyframe(feed, 3, 3000);
  t.equal((await arrived).length, 1);
});

t.test('a report has the time, the timestamp and the counts of the feed', async (t) => {
  const { feed } = await openFeed(t, 'opus');
  const { producer } = feed.publication;
  await producer.enableTraceEvent(['sr']);
  const traced = once(producer, 'trace');
  feed.send({ sequenceNumber: 1, timestamp: 48_000, marker: false, payload: Buffer.alloc(80, 1) });
  feed.report(toNtpTime(1500), 48_000);
  const [{ type, info }] = await traced;
  t.equal(type, 'sr');
  t.match(info, { ntpSec: 2_208_988_801, ntpFrac: 2 ** 31, rtpTs: 48_000, packetCount: 1, octetCount: 80 });
});

t.test('sending into a closed feed, a closed room or a dead worker does nothing', async (t) => {
  const { world, feed } = await openFeed(t, 'h264');
  const other = await RtpFeed.open(world.room.media, { trackId: 'B', codec: 'opus', cname: 'camera' });
  feed.close();
  sendKeyframe(feed, 1, 1);
  feed.report(0n, 0);
  const closed = once(other.observer, 'closed');
  world.killWorker();
  // Between the death of the worker and the close of the transport, mediasoup throws.
  for (let sent = 0; !other.closed; sent += 1) {
    sendKeyframe(other, sent & 0xffff, sent);
    other.report(0n, sent);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  t.ok(other.closed);
  await t.rejects(RtpFeed.open(world.room.media, { trackId: 'C', codec: 'opus', cname: 'camera' }));
});

t.test('a codec that the room does not accept is refused', async (t) => {
  const world = await RoomOnWorker.open('vp8');
  t.teardown(() => world.close());
  await t.rejects(RtpFeed.open(world.room.media, { trackId: 'A', codec: 'h264', cname: 'camera' }));
  t.equal(world.room.media.publications.size, 0);
  const feed = await RtpFeed.open(world.room.media, { trackId: 'A', codec: 'vp8', cname: 'camera' });
  t.equal(feed.publication.mimeType, 'video/VP8');
});

t.test('a tap ends with its publication', async (t) => {
  const { world, feed } = await openFeed(t, 'opus');
  const tap = await world.tap();
  const closed = once(tap.observer, 'closed');
  feed.close();
  await closed;
  t.ok(tap.closed);
  tap.close();
  await tap.resume();
  await tap.requestKeyframe();
  await t.rejects(RtpTap.open(world.room.media, feed.publication));
});
