import t from 'tap';
import { Timeline } from '../../../src/component/hls/timeline.ts';

const second = 90_000;

/** Adds complete segments. @returns the numbers of those that are listed no more */
function add(timeline: Timeline, count: number, seconds = 2): number[] {
  return Array.from({ length: count }, () => {
    const fragment = {
      bytes: Buffer.alloc(10),
      duration: seconds * second,
      independent: true,
      wallClock: 0,
      last: true,
    };
    timeline.add(fragment);
    return timeline.complete().map(({ number }) => number);
  }).flat();
}

const listed = ({ segments }: Timeline) => segments.map(({ number }) => number);

t.test('without a window everything is listed', async (t) => {
  const timeline = new Timeline({ targetDuration: 2, window: null });
  t.strictSame(add(timeline, 50), []);
  t.equal(timeline.segments.length, 50);
  t.equal(timeline.duration, 100 * second);
  t.equal(timeline.current.number, 50);
  t.equal(timeline.find(7)?.number, 7);
});

t.test('a window is never shorter than configured, nor than three target durations', async (t) => {
  const timeline = new Timeline({ targetDuration: 2, window: 7 });
  t.strictSame(add(timeline, 4), []);
  t.strictSame(add(timeline, 2), [0, 1]);
  t.strictSame(listed(timeline), [2, 3, 4, 5], 'eight seconds for seven');
  t.equal(timeline.find(1), undefined);
  t.equal(timeline.find(2)?.number, 2);
  const short = new Timeline({ targetDuration: 2, window: 1 });
  add(short, 10);
  t.strictSame(listed(short), [7, 8, 9]);
});

t.test('init segments and discontinuities that have left the window are counted', async (t) => {
  const timeline = new Timeline({ targetDuration: 2, window: 6 });
  t.equal(timeline.addInit(), 0);
  t.equal(timeline.current.discontinuity, false);
  add(timeline, 1);
  t.equal(timeline.addInit(), 1);
  t.match(timeline.current, { number: 1, init: 1, discontinuity: true });
  add(timeline, 1);
  t.match(timeline.current, { number: 2, init: 1, discontinuity: false });
  add(timeline, 2);
  t.equal(timeline.discontinuitySequence, 0);
  add(timeline, 1);
  t.equal(timeline.discontinuitySequence, 1);
});

t.test('what can no longer be fetched is forgotten', async (t) => {
  const timeline = new Timeline({ targetDuration: 2, window: null });
  timeline.addInit();
  add(timeline, 2);
  timeline.addInit();
  add(timeline, 4);
  const [, , third] = timeline.segments;
  if (!third) throw new Error('There is no third segment.');
  t.strictSame(
    timeline.forget(third).map(({ number }) => number),
    [0, 1, 2],
  );
  t.strictSame(listed(timeline), [3, 4, 5]);
  t.equal(timeline.discontinuitySequence, 1);
  t.strictSame(timeline.forget(third), [], 'once');
});
