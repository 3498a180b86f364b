import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { untilQuiet } from '../../../src/component/recording/track-repair.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { eventually } from '../../eventually.ts';

t.test('a folder is watched until nothing changes, whatever the time of day was set to', async (t) => {
  for (const step of [0, 300_000, -3_600_000]) {
    const folder = t.testdir({});
    const file = join(folder, 'a.mkv');
    await writeFile(file, 'media');
    const clock = new HeldClock(Date.now() + step);
    let isQuiet = false;
    const watching = untilQuiet(folder, clock, new AbortController().signal).then(() => {
      isQuiet = true;
    });
    for (const seconds of [1, 2]) {
      await eventually('it was looked at', () => isQuiet || clock.pending === 1);
      t.notOk(isQuiet, `the track recorder is at work, after a step of ${step} ms`);
      const changed = Date.now() / 1000 + seconds;
      await utimes(file, changed, changed);
      clock.advance(1000);
    }
    await eventually('it was looked at', () => isQuiet || clock.pending === 1);
    clock.advance(1000);
    await watching;
  }
});

t.test('a folder that was left long ago is not watched', async (t) => {
  const folder = t.testdir({ 'a.mkv': 'media' });
  await utimes(join(folder, 'a.mkv'), 0, 0);
  await untilQuiet(folder, new HeldClock(Date.now()), new AbortController().signal);
  await t.rejects(untilQuiet(folder, new HeldClock(), AbortSignal.abort()), { name: 'AbortError' });
});
