import t from 'tap';
import type { PassthroughLimits, ProgramSample, ProgramSink } from '../../src/media/sample.ts';
import { ProgramFanout } from '../../src/program/program-fanout.ts';
import { format } from '../component/hls/running-stream.ts';

class Listener implements ProgramSink {
  readonly heard: string[] = [];
  readonly passthrough: PassthroughLimits | undefined;

  constructor(passthrough?: PassthroughLimits) {
    this.passthrough = passthrough;
  }

  format({ epoch }: { epoch: number }): void {
    this.heard.push(`format ${epoch}`);
  }

  sample({ kind, time, keyframe }: ProgramSample): void {
    this.heard.push(kind === 'audio' ? `audio ${time}` : `${keyframe ? 'key' : 'frame'} ${time}`);
  }

  end(error: Error | undefined): void {
    this.heard.push(`end ${error?.message ?? ''}`);
  }

  /** What came since the last look. */
  take(): string[] {
    return this.heard.splice(0);
  }
}

const frame = (time: number, keyframe = false): ProgramSample => ({
  ...{ kind: 'video', data: Buffer.alloc(1), time, duration: 3750, keyframe },
});
const audio = (time: number): ProgramSample => ({
  ...{ kind: 'audio', data: Buffer.alloc(1), time, duration: 1024, keyframe: true },
});

t.test('a sink starts with a keyframe and the audio that belongs to it', async (t) => {
  const fanout = new ProgramFanout();
  const [early, late] = [new Listener(), new Listener()];
  fanout.add(early);
  fanout.format(format(0), { wallClock: 0 });
  fanout.sample(audio(0));
  fanout.sample(frame(0, true));
  t.same(early.take(), ['format 0', 'key 0', 'audio 0'], 'audio that came first is not lost');
  fanout.sample(frame(3750));
  fanout.sample(audio(1024));
  fanout.add(late);
  t.same(late.take(), ['format 0']);
  // The video is behind its audio.
  for (const time of [2048, 3072, 4096]) fanout.sample(audio(time));
  fanout.sample(frame(7500));
  t.same(late.take(), [], 'nothing can be done with it');
  fanout.sample(frame(7680, true));
  t.same(late.take(), ['key 7680', 'audio 4096'], 'the first that is heard at or after 7680 / 90000 s');
  fanout.sample(audio(3000));
  t.same(late.take(), [], 'nor what comes late from before');
  t.equal(fanout.size, 2);
});

t.test('a new format is announced to every sink', async (t) => {
  const fanout = new ProgramFanout();
  const listener = new Listener();
  fanout.add(listener);
  fanout.format(format(0), { wallClock: 0 });
  fanout.sample(frame(0, true));
  listener.take();
  for (const time of [0, 1024, 2048, 3072, 4096]) fanout.sample(audio(time));
  listener.take();
  fanout.format(format(1), { wallClock: 0 });
  fanout.sample(frame(3750));
  fanout.sample(frame(7500, true));
  t.same(listener.take(), ['format 1', 'key 7500', 'audio 3072', 'audio 4096'], 'audio has no hole');
});

t.test('a new format waits for video that is far behind its audio', async (t) => {
  const fanout = new ProgramFanout();
  const [listener, late] = [new Listener(), new Listener()];
  fanout.add(listener);
  fanout.format(format(0), { wallClock: 0 });
  fanout.sample(frame(0, true));
  // ten seconds
  const times = Array.from({ length: 469 }, (_, index) => index * 1024);
  for (const time of times) fanout.sample(audio(time));
  fanout.add(late);
  listener.take();
  fanout.format(format(1), { wallClock: 0 });
  fanout.sample(frame(3750, true));
  const all = times.filter((time) => time > 976).map((time) => `audio ${time}`);
  t.same(listener.take(), ['format 1', 'key 3750', ...all], 'no audio is lost');
  t.same(late.take(), ['format 0', 'format 1', 'key 3750', ...all], 'nor to those who join meanwhile');
  for (let time = 480_256; time < 4_800_000; time += 1024) fanout.sample(audio(time));
  listener.take();
  fanout.format(format(2), { wallClock: 0 });
  fanout.sample(frame(7500, true));
  t.equal(listener.take().length, 2 + 2813, 'a minute is kept, whatever becomes of the video');
});

t.test('a sink can leave, and all are told of the end', async (t) => {
  const fanout = new ProgramFanout();
  const [one, two] = [new Listener(), new Listener()];
  fanout.add(one);
  fanout.add(two);
  t.equal(fanout.remove(one), true);
  t.equal(fanout.remove(one), false);
  fanout.end(new Error('broken'));
  fanout.end(undefined);
  t.same(one.take(), []);
  t.same(two.take(), ['end broken'], 'once');
  t.equal(fanout.size, 0);
});

t.test('passed frames are delivered to sinks that take them', async (t) => {
  const fanout = new ProgramFanout();
  t.equal(fanout.passthrough, undefined);
  const stream = new Listener({ keyframeInterval: 2000, parts: true });
  fanout.add(stream);
  fanout.add(new Listener({ keyframeInterval: 6000, parts: false }));
  t.same(fanout.passthrough, { keyframeInterval: 2000, parts: true }, 'what all of them require');
  const passed = { keyframeInterval: 1200 };
  fanout.format({ ...format(0), video: { ...format(0).video, passed } }, { wallClock: 0 });
  fanout.sample(frame(0, true));
  const file = new Listener();
  fanout.add(file);
  t.equal(fanout.passthrough, undefined);
  fanout.sample(frame(3750, true));
  t.same(stream.take(), ['format 0', 'key 0', 'key 3750']);
  t.same(file.take(), [], 'a file waits for composed frames');
  fanout.format(format(1), { wallClock: 0 });
  fanout.sample(frame(7500, true));
  t.same(file.take(), ['format 1', 'key 7500']);
});
