import t from 'tap';
import { PlaylistWaiters } from '../../../src/component/hls/playlist-waiters.ts';
import { HeldClock } from '../../clock/held-clock.ts';

t.test('only waiters whose position has been reached are woken', async (t) => {
  const clock = new HeldClock();
  const waiters = new PlaylistWaiters(clock, 6000);
  const woken: string[] = [];
  const wait = (name: string, segment: number, part?: number) =>
    waiters.wait({ segment, part }).then(() => woken.push(name));
  const first = [wait('a', 1, 0), wait('b', 1, 0), wait('c', 1)];
  const later = wait('d', 2, 0);
  t.equal(waiters.count, 4);
  t.equal(clock.pending, 1, 'one timer for all');
  waiters.wake(({ segment }) => segment === 1);
  await Promise.all(first);
  t.strictSame(woken, ['a', 'b', 'c']);
  t.equal(waiters.count, 1);
  waiters.wake(() => true);
  await later;
  t.equal(clock.pending, 0, 'no timer when nobody waits');
});

t.test('waiters that wait too long are refused', async (t) => {
  const clock = new HeldClock();
  const waiters = new PlaylistWaiters(clock, 6000);
  const first = waiters.wait({ segment: 1, part: 0 });
  const refused = t.rejects(first, { code: 'playlistLate' });
  clock.advance(4000);
  const second = waiters.wait({ segment: 1, part: 0 });
  clock.advance(2000);
  t.equal(waiters.count, 2, 'not a moment too early');
  clock.advance(1000);
  await refused;
  t.equal(waiters.count, 1, 'who came later waits on');
  waiters.wake(() => true);
  await second;
});

t.test('a step of the time of day neither refuses waiters nor keeps them', async (t) => {
  for (const step of [300_000, -3_600_000]) {
    const clock = new HeldClock(1e12);
    const waiters = new PlaylistWaiters(clock, 6000);
    const waiting = waiters.wait({ segment: 1, part: 0 });
    const refused = t.rejects(waiting, { code: 'playlistLate' });
    clock.setTime(1e12 + step);
    clock.advance(5000);
    t.equal(waiters.count, 1, 'not a moment too early');
    clock.advance(2000);
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(waiters.count, 0, 'nor for ever');
    waiters.wake(() => true);
    await refused;
  }
});
