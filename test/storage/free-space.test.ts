import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FreeSpace, readFreeSpace } from '../../src/storage/free-space.ts';
import { HeldClock } from '../clock/held-clock.ts';

/** A disk of which a test says how much is free. */
function disk(min: number) {
  const clock = new HeldClock();
  const state = { free: 1000 as number | Error, low: 0 };
  const space = new FreeSpace({
    path: '/somewhere',
    min,
    clock,
    onLow: () => {
      state.low += 1;
    },
    read: async (path) => {
      t.equal(path, '/somewhere');
      if (typeof state.free !== 'number') throw state.free;
      return state.free;
    },
  });
  /** One look, which waits for the disk. */
  const look = async () => {
    clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, state, space, look };
}

t.test('low space is reported at each check while somebody writes', async (t) => {
  const { clock, state, space, look } = disk(500);
  t.ok(await space.enough());
  t.equal(clock.pending, 0, 'nobody writes');
  space.watch();
  space.watch();
  t.equal(clock.pending, 1);
  await look();
  t.equal(state.low, 0);
  state.free = 499;
  t.notOk(await space.enough());
  await look();
  await look();
  t.equal(state.low, 2);
  state.free = 500;
  await look();
  t.equal(state.low, 2, 'just enough');
  space.rest();
  space.rest();
  t.equal(clock.pending, 0);
  state.free = 0;
  space.watch();
  clock.advance(1000);
  space.rest();
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(state.low, 2, 'a look that comes too late says nothing');
  t.equal(clock.pending, 0);
  state.free = 1000;
  space.watch();
  clock.advance(1000);
  space.rest();
  space.watch();
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(clock.pending, 1, 'one that begins anew during a look is one');
  space.rest();
  t.equal(clock.pending, 0);
});

t.test('a disk that cannot be checked has enough space', async (t) => {
  const { state, space } = disk(500);
  state.free = new Error('It is gone.');
  t.ok(await space.enough());
});

t.test('without a minimum there is always enough space', async (t) => {
  const { clock, state, space } = disk(0);
  state.free = 0;
  t.ok(await space.enough());
  space.watch();
  t.equal(clock.pending, 0);
});

t.test('a real disk is measured', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-space-'));
  t.teardown(() => rm(folder, { recursive: true }));
  t.ok((await readFreeSpace(folder)) > 0);
  await t.rejects(readFreeSpace(join(folder, 'nowhere')));
});
