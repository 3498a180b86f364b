import t from 'tap';
import { RtpTimeline } from '../../../src/media/rtp/rtp-timeline.ts';
import { HeldClock } from '../../clock/held-clock.ts';

t.test('the timeline continues after a pause of the source', async (t) => {
  const clock = new HeldClock();
  const timeline = new RtpTimeline(90_000, clock, 1000);
  t.equal(timeline.look(5), undefined, 'nothing is known before the first packet');
  t.same(
    [500, 3500, 2000, 6500].map((timestamp) => timeline.take(timestamp)),
    [1000, 4000, 2500, 7000],
  );
  t.equal(timeline.look(500), 1000, 'looking changes nothing');
  clock.setTime(1e12);
  clock.advance(10_000);
  timeline.restart();
  t.equal(timeline.take(4_000_000_000), 7000 + 900_000);
  t.equal(timeline.take(4_000_003_000), 7000 + 903_000);
});

t.test('timestamps wrap on either side', async (t) => {
  const timeline = new RtpTimeline(90_000, new HeldClock(), 2 ** 32 - 10);
  t.same(
    [2 ** 32 - 5, 0, 10].map((timestamp) => timeline.take(timestamp)),
    [2 ** 32 - 10, 2 ** 32 - 5, 5],
  );
});

t.test('another clock rate does not drift over days', async (t) => {
  const clock = new HeldClock();
  const timeline = new RtpTimeline(48_000, clock, 0);
  timeline.restart(8000);
  t.same(
    [0, 160, 320].map((timestamp) => timeline.take(timestamp)),
    [0, 960, 1920],
  );
  let timestamp = 320;
  let ours = 0;
  for (let hour = 0; hour < 200; hour += 1) {
    clock.advance(3_600_000);
    timestamp = (timestamp + 3600 * 8000) % 2 ** 32;
    ours = timeline.take(timestamp);
  }
  t.equal(ours, (1920 + 200 * 3600 * 48_000) % 2 ** 32);
});

t.test('the timeline always advances at a restart', async (t) => {
  const timeline = new RtpTimeline(90_000, new HeldClock(), 0);
  timeline.take(0);
  timeline.restart();
  t.equal(timeline.take(77), 90);
});

t.test('when the timestamps of the source jump, ours continue by the clock', async (t) => {
  for (const jump of [-20_000, 20_000, 3_600_000, 2 ** 31 / 90]) {
    const clock = new HeldClock();
    const timeline = new RtpTimeline(90_000, clock, 0);
    timeline.take(5_000_000);
    clock.advance(40);
    const after = (5_000_000 + jump * 90 + 2 ** 32) % 2 ** 32;
    t.equal(timeline.take(after), 3600, `${jump} ms`);
    t.equal(timeline.take((after + 3600) % 2 ** 32), 7200);
  }
  const clock = new HeldClock();
  const timeline = new RtpTimeline(90_000, clock, 0);
  timeline.take(0);
  clock.advance(20_000);
  t.equal(timeline.take(20_500 * 90), 20_500 * 90, 'a pause is none');
});

t.test('frames whose timestamps repeat or go back get the time at which they come', async (t) => {
  const sent = (timestamps: readonly number[], interval = 40) => {
    const clock = new HeldClock();
    const timeline = new RtpTimeline(90_000, clock, 0);
    return timestamps.map((timestamp) => {
      const ours = timeline.takeFrame(timestamp);
      clock.advance(interval);
      return ours;
    });
  };
  t.same(sent([7, 7, 7, 7]), [0, 3600, 7200, 10_800]);
  t.same(sent([0, 0, 7200, 7200, 14_400]), [0, 3600, 7200, 10_800, 14_400], 'without a drift');
  t.same(sent([0, 0, 3600, 3600, 7200, 7200, 10_800], 45), [0, 4050, 4051, 8101, 8102, 12_152, 12_153], 'never back');
  t.same(sent([9000, 12_600, 9000, 12_600]), [0, 3600, 7200, 10_800]);
});
