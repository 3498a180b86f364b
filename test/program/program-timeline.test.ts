import t from 'tap';
import type { ProgramSample } from '../../src/media/sample.ts';
import { ProgramTimeline } from '../../src/program/program-timeline.ts';
import { format } from '../component/hls/running-stream.ts';

const video = (time: number, duration = 3750): ProgramSample => ({
  ...{ kind: 'video', data: Buffer.alloc(1), time, duration, keyframe: true },
});
const audio = (time: number): ProgramSample => ({ ...video(time, 1024), kind: 'audio' });

t.test('the timestamps of one composer are unchanged', async (t) => {
  const timeline = new ProgramTimeline();
  const begun = timeline.format(format(0), { wallClock: 5000 });
  t.match(begun, { format: { epoch: 0 }, start: { wallClock: 5000 } });
  t.equal(timeline.sample(video(3750)).time, 3750);
  t.equal(timeline.sample(audio(1024)).time, 1024);
  t.match(timeline.format(format(1), { wallClock: 5000 }), { format: { epoch: 1 }, start: { wallClock: 5000 } });
  t.equal(timeline.sample(video(7500)).time, 7500, 'a new encoder goes on by itself');
});

t.test('another composer continues at the wall clock', async (t) => {
  const timeline = new ProgramTimeline();
  timeline.format(format(0), { wallClock: 5000 });
  timeline.sample(video(0));
  timeline.interrupt();
  const again = timeline.format(format(0), { wallClock: 7500 });
  t.match(again, { format: { epoch: 1 }, start: { wallClock: 5000 } });
  t.equal(timeline.sample(video(0)).time, 225_000);
  t.equal(timeline.sample(audio(0)).time, 120_000);
  timeline.interrupt();
  t.match(timeline.format(format(0), { wallClock: 9000 }), { format: { epoch: 2 } });
  t.equal(timeline.sample(video(90)).time, 360_090);
});

t.test('a wall clock that is set back does not turn the program back', async (t) => {
  const timeline = new ProgramTimeline();
  timeline.format(format(0), { wallClock: 5000 });
  timeline.sample(video(89_990, 20));
  timeline.interrupt();
  timeline.format(format(0), { wallClock: 1000 });
  t.equal(timeline.sample(video(0)).time, 90_090, 'the next whole millisecond');
});
