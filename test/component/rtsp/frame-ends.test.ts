import t from 'tap';
import { FrameEnds } from '../../../src/component/rtsp/frame-ends.ts';
import type { RtpPacket } from '../../../src/media/rtp/rtp-packet.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { delimiter, slice, sps } from '../../media/rtp/nal-samples.ts';

const first = slice('P');
const later = slice('P', { first: false });

function open() {
  const clock = new HeldClock();
  const seen: (readonly [timestamp: number, marker: boolean])[] = [];
  const losses: number[] = [];
  let sequenceNumber = 0;
  const ends = new FrameEnds({
    clock,
    deliver: ({ timestamp, marker }, lost) => {
      seen.push([timestamp, marker]);
      losses.push(lost);
    },
  });
  const push = (timestamp: number, payload: Buffer, marker: boolean, lost = 0) => {
    sequenceNumber += 1 + lost;
    const packet: RtpPacket = { payloadType: 96, ssrc: 1, sequenceNumber, timestamp, payload, marker };
    ends.push(packet, lost);
  };
  return { clock, seen, losses, ends, push };
}

t.test('a frame ends where the timestamp changes or the next one begins', async (t) => {
  const { push, seen } = open();
  push(0, first, true);
  push(0, later, true);
  push(0, first, false);
  push(0, later, false);
  push(0, delimiter, false);
  push(0, first, false);
  push(3600, first, false);
  t.same(seen, [
    ...[
      [0, false],
      [0, true],
      [0, false],
      [0, true],
      [0, false],
    ],
    [0, true],
  ]);
});

t.test('a source that marks its frames correctly is delayed only at the beginning', async (t) => {
  const { push, seen } = open();
  for (let frame = 0; frame <= 50; frame += 1) {
    push(frame * 3600, first, false);
    push(frame * 3600, later, true);
  }
  t.equal(seen.length, 102, 'nothing is held any more');
  push(51 * 3600, first, false);
  t.equal(seen.length, 103);
  push(51 * 3600, later, true);
  push(51 * 3600, later, true);
  t.same(
    seen.slice(-2),
    [
      [51 * 3600, false],
      [51 * 3600, true],
    ],
    'the second frame end of a frame is noticed',
  );
  push(52 * 3600, first, true);
  push(52 * 3600, later, true);
  push(53 * 3600, first, true);
  t.same(
    seen.slice(-2),
    [
      [52 * 3600, false],
      [52 * 3600, true],
    ],
    'from then on it is not believed',
  );
});

t.test('the last packet of a frame waits for the next one for a limited time', async (t) => {
  const { push, seen, clock, ends } = open();
  push(0, first, true);
  clock.advance(99);
  t.same(seen, []);
  clock.advance(1);
  t.same(seen, [[0, true]]);
  push(3600, first, true);
  ends.restart();
  t.same(seen.at(-1), [3600, true], 'and not at all when the stream ends');
  t.equal(clock.pending, 0);
});

t.test('marker bits of parameter sets say nothing', async (t) => {
  const { push, seen } = open();
  for (let frame = 0; frame <= 50; frame += 1) {
    push(frame * 3600, sps, true);
    push(frame * 3600, first, true);
  }
  t.equal(seen.length, 102);
  t.equal(seen.filter(([, marker]) => marker).length, 51);
});

t.test('losses stay where they were, and say nothing about the source', async (t) => {
  const { push, seen, losses } = open();
  push(0, first, false);
  push(3600, later, true, 2);
  push(7200, first, true);
  push(10_800, first, true);
  t.same(seen, [
    [0, false],
    [3600, true],
    [7200, true],
  ]);
  t.same(losses, [0, 2, 0]);
});
