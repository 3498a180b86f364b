import t from 'tap';
import { roomDeadline, withinDeadline } from '../../src/api/room-deadline.ts';
import { HeldClock } from '../clock/held-clock.ts';

t.test('a result in time is passed on', async (t) => {
  const clock = new HeldClock();
  t.equal(await withinDeadline(clock, Promise.resolve(5)), 5);
  await t.rejects(withinDeadline(clock, Promise.reject(new Error('broken'))), { message: 'broken' });
  t.equal(clock.pending, 0, 'no timer is left');
});

t.test('a result that is too late fails the request', async (t) => {
  const clock = new HeldClock();
  const { promise, resolve } = Promise.withResolvers<string>();
  const discarded: string[] = [];
  const result = withinDeadline(clock, promise, (late) => discarded.push(late));
  clock.advance(roomDeadline);
  await t.rejects(result, { message: 'A room did not respond in time.' });
  resolve('late');
  await promise;
  t.same(discarded, ['late']);
});

t.test('a failure that is too late is ignored', async (t) => {
  const clock = new HeldClock();
  const { promise, reject } = Promise.withResolvers<string>();
  const result = withinDeadline(clock, promise, () => t.fail('nothing came'));
  clock.advance(roomDeadline);
  await t.rejects(result, { message: 'A room did not respond in time.' });
  reject(new Error('broken'));
  await t.rejects(promise);
});
