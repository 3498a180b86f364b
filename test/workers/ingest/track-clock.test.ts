import t from 'tap';
import { EndpointClock } from '../../../workers/ingest/endpoint-clock.ts';
import { TrackClock } from '../../../workers/ingest/track-clock.ts';
import { HeldClock } from '../../clock/held-clock.ts';

const frame = 3000;
const start = 4_294_960_000;
/** When the first frame was captured, by a sender whose clock is far from ours. */
const captured = 1_700_000_000_000;

/** The tracks of one sender. */
function tracks(count: number) {
  const clock = new HeldClock();
  const endpoint = new EndpointClock(clock);
  return { clock, own: Array.from({ length: count }, () => new TrackClock(endpoint, 90_000, clock)) };
}

/** As it comes when frame `index` does. */
function report(index: number, age = 0) {
  return { instant: captured + (index * 1000) / 30, timestamp: (start + index * frame) >>> 0, age };
}

/** Frames 1/30 s apart; timestamps wrap. @param at when frame `index` arrives */
function locateAll(track: TrackClock, count: number, at: (index: number) => number, first = 0): number[] {
  return Array.from({ length: count }, (_, index) =>
    track.locate((start + (first + index) * frame) >>> 0, at(first + index)),
  );
}

const steadily = (index: number) => 1000 + (index * 1000) / 30;
const late = (index: number) => steadily(index) + 150;

function farthest(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((time, index) => Math.abs(time - (other[index] ?? Number.NaN))));
}

t.test('without a report times are arrivals without jitter', async (t) => {
  const { own } = tracks(1);
  const times = own.flatMap((track) => locateAll(track, 60, (index) => steadily(index) + (index % 3) * 8));
  for (const [index, time] of times.entries()) t.ok(Math.abs(time - steadily(index)) < 4, `frame ${index}: ${time}`);
});

t.test('with reports from the start audio and video of one capture have equal times', async (t) => {
  const { clock, own } = tracks(2);
  clock.advance(1000);
  for (const track of own) track.report(report(0));
  const [audio, frame] = own;
  const [heard, seen] = [[], []] as [number[], number[]];
  // whichever comes first
  for (let index = 0; index < 90; index += 1) {
    if (frame && index > 4) seen.push(...locateAll(frame, 1, late, index - 5));
    if (audio) heard.push(...locateAll(audio, 1, steadily, index));
  }
  t.ok(farthest(seen, heard) < 5, `${farthest(seen, heard)} ms`);
});

t.test('with late reports times converge in small steps', async (t) => {
  const { clock, own } = tracks(2);
  const arrivals = [steadily, late];
  const before = own.map((track, index) => locateAll(track, 10, arrivals[index] ?? late));
  t.ok(Math.abs((before[1]?.[9] ?? 0) - (before[0]?.[9] ?? 0) - 150) < 5, 'nobody can know yet');
  clock.advance(steadily(10));
  for (const track of own) track.report(report(10));
  const [heard = [], seen = []] = own.map((track, index) => locateAll(track, 60, arrivals[index] ?? late, 10));
  t.ok(Math.abs((seen.at(-1) ?? 0) - (heard.at(-1) ?? 0)) < 1, 'together in the end');
  const steps = seen.slice(1).map((time, index) => time - (seen[index] ?? 0) - 1000 / 30);
  t.ok(Math.min(...steps) > -10.01 && Math.max(...steps) < 5.01, 'at most 5 ms a frame, and as much of the sender');
});

t.test('a slightly different report is followed in small steps', async (t) => {
  const { clock, own } = tracks(1);
  const [track] = own;
  clock.advance(1000);
  track?.report(report(0));
  const before = track ? locateAll(track, 30, steadily) : [];
  clock.advance(1000);
  track?.report({ ...report(30), instant: report(30).instant - 20 });
  const after = track ? locateAll(track, 30, steadily, 30) : [];
  const steps = [...before.slice(-1), ...after].map((time, index) => time - steadily(29 + index));
  t.ok(Math.abs(steps[1] ?? 99) <= 5, `no jump: ${steps.slice(0, 4)}`);
  t.ok(Math.abs((steps.at(-1) ?? 0) + 20) < 0.1, `${steps.at(-1)}`);
});

t.test('an implausible report changes nothing', async (t) => {
  const { clock, own } = tracks(2);
  const [audio, frame] = own;
  clock.advance(1000);
  audio?.report(report(0));
  frame?.report({ ...report(0), instant: 1_800_000_000_000 });
  if (audio) locateAll(audio, 60, steadily);
  for (const [index, time] of (frame ? locateAll(frame, 60, steadily) : []).entries())
    t.ok(Math.abs(time - steadily(index)) < 10, `frame ${index}`);
});

t.test('packets that arrive late and at once keep their times', async (t) => {
  const { clock, own } = tracks(1);
  const [track] = own;
  clock.advance(1000);
  track?.report(report(0));
  // nothing arrives for two seconds
  const stalled = (index: number) => Math.max(steadily(index), index < 30 ? 0 : steadily(90));
  const times = track ? locateAll(track, 120, stalled) : [];
  for (const [index, time] of times.entries())
    t.ok(Math.abs(time - steadily(index)) < 1, `frame ${index}: ${time - steadily(index)} ms off`);
});

t.test('packets that stay late are timed by their arrival', async (t) => {
  const { clock, own } = tracks(2);
  const [audio, frame] = own;
  clock.advance(1000);
  audio?.report(report(0));
  frame?.report({ ...report(0), instant: captured - 3000 });
  if (audio) locateAll(audio, 60, steadily);
  for (const [index, time] of (frame ? locateAll(frame, 60, steadily) : []).entries())
    t.ok(Math.abs(time - steadily(index)) < 10, `from the start: frame ${index}`);
  const delayed = (index: number) => steadily(index) + 1500;
  const times = audio ? locateAll(audio, 300, delayed, 60) : [];
  t.ok(Math.abs((times.at(-1) ?? 0) - delayed(359)) < 10, `since then: ${(times.at(-1) ?? 0) - delayed(359)} ms`);
});

t.test('reports of other simulcast layers and old ones are used as they apply', async (t) => {
  const { clock, own } = tracks(1);
  const [track] = own;
  clock.advance(61_000);
  const other = { instant: captured + 5000, timestamp: 77, age: 0 };
  track?.report(other);
  track?.report(report(0, 60_000));
  for (let more = 0; more < 20; more += 1) track?.report({ ...report(0, 60_000), instant: captured - 100 });
  track?.report(other);
  // one minute after the report's
  const minute = 60 * 30;
  const [time = 0] = track ? locateAll(track, 1, () => 61_000, minute) : [];
  t.equal(time, 61_000);
  track?.report({ ...other, timestamp: 99 });
  const times = track ? locateAll(track, 30, (index) => 61_000 + ((index - minute) * 1000) / 30, minute + 1) : [];
  t.ok(Math.abs((times.at(-1) ?? 0) - 62_000) < 1, `${times.at(-1)}`);
});

t.test('timestamps that jump start again', async (t) => {
  const { own } = tracks(1);
  const [track] = own;
  track?.locate(0, 1000);
  t.equal(track?.locate(900_000_000, 1033), 1033);
});
