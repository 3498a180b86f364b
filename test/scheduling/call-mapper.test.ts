import jsonwebtoken from 'jsonwebtoken';
import t from 'tap';
import { onBothEngines } from '../database/engines.ts';
import { joiningWorld } from './joining-world.ts';

const minute = 60_000;

await onBothEngines(t, 'a caller who dials the number of a conference comes into its room', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const { number, id } = await world.schedule();
  t.strictSame(await world.calls.map('TestApi', '12345', '+4930'), { refused: 'notFound' });
  t.strictSame(await world.calls.map('TestApi', undefined, '+4930'), { refused: 'notFound' });
  for (const key of ['OtherKey', 'wrong', undefined]) {
    t.strictSame(await world.calls.map(key, number, '+4930'), { refused: 'denied' });
  }
  t.strictSame(await world.calls.map('TestApi', number, '+4930'), { refused: 'notStarted' });
  t.equal(world.rooms.size, 0);
  world.connect(await world.admit({ conference: { id }, email: 'a@example.org' }));
  t.match(await world.calls.map('TestApi', number, '+4930'), { roomName: number }, 'somebody is in');
  const mapped = await world.calls.map('TestApi', number, '+4931');
  if (mapped.refused) throw new Error(mapped.refused);
  t.strictSame(mapped, { token: mapped.token, roomName: number, displayName: '+4931' });
  const { peer } = jsonwebtoken.decode(mapped.token, { json: true }) ?? {};
  const metadata = { displayName: '+4931', email: '', moderator: false };
  t.strictSame(world.rooms.get(number).peers.get(peer)?.metadata, metadata);
  await world.pass(3);
  t.equal(world.rooms.get(number).peers.size, 1, 'a caller who does not connect is gone');
});

await onBothEngines(t, 'callers come from 30 minutes before the start until the end', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const { number } = await world.schedule();
  const refused = async () => (await world.calls.map('TestApi', number, '1')).refused;
  world.clock.advance(60 * minute - 1);
  t.equal(await refused(), 'notStarted');
  world.clock.advance(1);
  t.equal(await refused(), undefined);
  t.ok(world.rooms.find(number), 'a telephone can be added to the room');
  world.clock.advance(75 * minute + 1);
  t.equal(await refused(), 'notStarted');
});
