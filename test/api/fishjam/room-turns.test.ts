import t from 'tap';
import { RoomTurns } from '../../../src/api/fishjam/room-turns.ts';
import type { Room } from '../../../src/room/room.ts';

const room = () => ({}) as Room;

t.test('one after the other in a room, whatever becomes of them', async (t) => {
  const turns = new RoomTurns();
  const one = room();
  const log: string[] = [];
  const { promise, reject } = Promise.withResolvers<void>();
  const first = turns.take(one, async () => {
    log.push('first');
    await promise;
  });
  const second = turns.take(one, async () => log.push('second'));
  await turns.take(room(), async () => log.push('another room'));
  t.same(log, ['first', 'another room']);
  reject(new Error('broken'));
  await t.rejects(first, { message: 'broken' });
  t.equal(await second, 3);
});
