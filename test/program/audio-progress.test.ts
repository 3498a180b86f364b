import t from 'tap';
import type { ProgramSample } from '../../src/media/sample.ts';
import { AudioProgress } from '../../src/program/audio-progress.ts';

const audio = (time: number): ProgramSample => ({
  ...{ kind: 'audio', data: Buffer.alloc(1), time, duration: 1024, keyframe: true },
});

t.test('audio that is repeated is not new', async (t) => {
  const progress = new AudioProgress();
  const accepted = (...times: number[]) => times.filter((time) => progress.accept(audio(time)));
  t.same(accepted(0, 1024, 2048), [0, 1024, 2048]);
  t.same(accepted(1024, 2048, 3072, 4096), [3072, 4096]);
  progress.skipTo(1024);
  t.same(accepted(4096, 5120), [5120], 'nor is it by going back');
  progress.skipTo(8000);
  t.same(accepted(6144, 7168, 8192), [8192], 'nor is what is skipped');
});
