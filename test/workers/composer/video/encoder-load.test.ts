import t from 'tap';
import { EncoderLoad } from '../../../../workers/composer/video/encoder-load.ts';
import { HeldClock } from '../../../clock/held-clock.ts';

/** Judges once every 100 ms. @returns how often the effort changed */
function judge(load: EncoderLoad, clock: HeldClock, behind: number, duration: number): number {
  let changes = 0;
  for (let passed = 0; passed < duration; passed += 100) {
    clock.advance(100);
    if (load.judge(behind)) changes += 1;
  }
  return changes;
}

t.test('a slow encoder gets half of the frames, then a faster preset, then nothing more', async (t) => {
  const clock = new HeldClock();
  const load = new EncoderLoad(clock, 'veryfast');
  t.same(load.effort, { step: 1, preset: 'veryfast' });
  t.equal(judge(load, clock, 600, 1500), 0);
  t.equal(judge(load, clock, 600, 200), 1);
  t.same(load.effort, { step: 2, preset: 'veryfast' });
  t.equal(judge(load, clock, 600, 1700), 1);
  t.same(load.effort, { step: 2, preset: 'ultrafast' });
  t.equal(judge(load, clock, 600, 5000), 0);
});

t.test('a configured preset is where it starts, and no later one is slower', async (t) => {
  for (const preset of ['superfast', 'ultrafast'] as const) {
    const clock = new HeldClock();
    const load = new EncoderLoad(clock, preset);
    t.same(load.effort, { step: 1, preset });
    judge(load, clock, 600, 1700);
    t.same(load.effort, { step: 2, preset });
    t.equal(judge(load, clock, 600, 1700), preset === 'ultrafast' ? 0 : 1);
    t.same(load.effort, { step: 2, preset: 'ultrafast' });
  }
});

t.test('a short delay does not count', async (t) => {
  const clock = new HeldClock();
  const load = new EncoderLoad(clock, 'veryfast');
  for (let times = 0; times < 10; times += 1) {
    t.equal(judge(load, clock, 2000, 1000), 0);
    judge(load, clock, 300, 100);
  }
});

t.test('after a calm minute more is tried; what failed is retried less often', async (t) => {
  const clock = new HeldClock();
  const load = new EncoderLoad(clock, 'veryfast');
  judge(load, clock, 600, 1700);
  t.equal(judge(load, clock, 50, 59_000), 0);
  t.equal(judge(load, clock, 50, 2000), 1);
  t.equal(load.effort.step, 1);
  judge(load, clock, 600, 1700);
  t.equal(judge(load, clock, 50, 119_000), 0);
  t.equal(judge(load, clock, 50, 2000), 1);
});
