import { EventEmitter } from 'node:events';
import t from 'tap';
import type { Frame } from '../../../src/component/file/frame.ts';
import { TrackSender } from '../../../src/component/file/track-sender.ts';
import { toNtpTime } from '../../../src/media/rtp/rtcp.ts';
import { type OutgoingPacket, timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';
import type { RtpFeed } from '../../../src/sfu/rtp-feed.ts';
import { HeldClock } from '../../clock/held-clock.ts';

/** A feed that keeps what it is given. */
class KeptFeed {
  readonly observer = new EventEmitter();
  readonly packets: OutgoingPacket[] = [];
  readonly reports: [bigint, number][] = [];
  readonly publication: { kind: string };
  readonly clockRate: number;

  constructor(kind: 'audio' | 'video') {
    this.publication = { kind };
    this.clockRate = kind === 'audio' ? 48_000 : 90_000;
  }

  send(packet: OutgoingPacket): void {
    this.packets.push(packet);
  }

  report(ntpTime: bigint, rtpTimestamp: number): void {
    this.reports.push([ntpTime, rtpTimestamp]);
  }

  /** How far apart the timestamps are. */
  get steps(): number[] {
    return this.packets
      .slice(1)
      .map(({ timestamp }, index) => timestampDistance(this.packets[index]?.timestamp ?? 0, timestamp));
  }
}

function open(kind: 'audio' | 'video') {
  const feed = new KeptFeed(kind);
  const clock = new HeldClock();
  const sender = new TrackSender(feed as unknown as RtpFeed, clock);
  return { feed, clock, sender };
}

const frame = (index: number, key = false): Frame => ({
  time: index / 30,
  duration: 1 / 30,
  key,
  payloads: [Buffer.from('a'), Buffer.from('b')],
});

t.test('timestamps follow the clock, markers end frames, sequence numbers continue', async (t) => {
  const { feed, sender } = open('video');
  for (const index of [0, 1, 2]) sender.send(frame(index, index === 0), 0);
  t.same(feed.steps, [0, 3000, 0, 3000, 0]);
  t.same(
    feed.packets.map(({ marker }) => marker),
    [false, true, false, true, false, true],
  );
  const first = feed.packets[0]?.sequenceNumber ?? 0;
  t.same(
    feed.packets.map(({ sequenceNumber }) => sequenceNumber),
    feed.packets.map((_, index) => (first + index) & 0xffff),
  );
});

t.test('audio has no markers and is not replayed', async (t) => {
  const { feed, sender } = open('audio');
  for (const index of [0, 1])
    sender.send({ time: index / 50, duration: 1 / 50, key: true, payloads: [Buffer.from('a')] }, 0);
  t.same(feed.steps, [960]);
  t.ok(feed.packets.every(({ marker }) => !marker));
  feed.observer.emit('keyframeRequest');
  t.equal(feed.packets.length, 2);
});

t.test('reports are sent at the start and every five seconds', async (t) => {
  const { feed, clock, sender } = open('video');
  sender.send(frame(0, true), 1234.5);
  clock.advance(4999);
  sender.send(frame(1), 4999);
  t.same(feed.reports, [[toNtpTime(1234.5), feed.packets[0]?.timestamp]]);
  clock.advance(1);
  sender.send(frame(2), 5000);
  t.same(feed.reports[1], [toNtpTime(5000), feed.packets.at(-1)?.timestamp]);
});

t.test('a keyframe request replays everything since the last keyframe, at most every two seconds', async (t) => {
  const { feed, clock, sender } = open('video');
  feed.observer.emit('keyframeRequest');
  t.equal(feed.packets.length, 0, 'there is nothing yet');
  for (const index of [0, 1, 2]) sender.send(frame(index, index === 0), 0);
  feed.observer.emit('keyframeRequest');
  t.equal(feed.packets.length, 12);
  t.same(feed.steps.slice(5), [1, 0, 1, 0, 1, 0]);
  feed.observer.emit('keyframeRequest');
  feed.observer.emit('keyframeRequest');
  t.equal(feed.packets.length, 12, 'too soon');
  sender.send(frame(3), 0);
  t.equal(feed.steps[11], 3000 - 3, 'the stream goes on where it would have been');
  clock.advance(1999);
  t.equal(feed.packets.length, 14);
  clock.advance(1);
  t.equal(feed.packets.length, 14 + 8, 'made up for');
  sender.close();
  clock.advance(10_000);
  feed.observer.emit('keyframeRequest');
  t.equal(feed.packets.length, 22);
  t.equal(clock.pending, 0);
});
