import t from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { SessionFailure } from '../../src/recorder/session-failure.ts';
import { isRoomId, SessionRooms } from '../../src/recorder/session-rooms.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import { mediaDouble } from '../sfu/media-double.ts';

const notJoined = new SessionFailure('notJoined');

const plain = {
  ...{ maxPeers: null, videoCodec: null, webhookUrl: null },
  ...{ peerlessPurgeTimeout: null, peerDisconnectedTimeout: null },
};

function open(autoCreate = true) {
  const events = new RoomEvents();
  const rooms = new RoomRegistry({ events, openMedia: async () => mediaDouble() });
  return { rooms, sessions: new SessionRooms({ rooms, events, autoCreate, clock: systemClock }) };
}

t.test('names that the REST API refuses are not room ids', async (t) => {
  for (const name of ['', '..', '%zz', 'a b', 'a\nb', 'é']) t.notOk(isRoomId(name), JSON.stringify(name));
  t.ok(isRoomId('Stand-up_1'));
});

t.test('a room that was created for sessions is deleted with the last of them', async (t) => {
  const { rooms, sessions } = open();
  const { signal } = new AbortController();
  const room = await sessions.join({ id: 'standup' }, signal);
  t.equal(await sessions.join({ id: 'STANDUP' }, signal), room, 'case does not matter');
  t.equal(await sessions.join(room, signal), room, 'neither does who names it');
  for (const size of [1, 1, 0]) {
    await sessions.leave(room);
    t.equal(rooms.size, size);
  }
});

t.test('rooms are found by other names than their ids', async (t) => {
  const { rooms, sessions } = open();
  t.teardown(() => rooms.close());
  const { signal } = new AbortController();
  const asked: string[] = [];
  sessions.findBy = async (name) => {
    asked.push(name);
    if (name === 'away') throw new Error('The database is away.');
    return name === 'standup' ? '91612345678' : undefined;
  };
  const room = await sessions.join({ id: 'standup' }, signal);
  t.equal(room.id, '91612345678');
  const tenant = { name: 'acme', bareId: 'standup', distinctId: 'acme-standup' };
  t.equal(await sessions.join({ id: 'acme_standup', tenant }, signal), room, 'whatever the tenant is');
  t.equal((await sessions.join({ id: 'retro' }, signal)).id, 'retro');
  t.equal((await sessions.join({ id: 'away' }, signal)).id, 'away', 'as if it were an id');
  t.strictSame(asked, ['standup', 'standup', 'retro', 'away']);
});

t.test('an existing room is kept', async (t) => {
  const { rooms, sessions } = open(false);
  t.teardown(() => rooms.close());
  const room = await rooms.create({ roomId: 'standup', ...plain });
  await sessions.leave(await sessions.join({ id: 'standup' }, new AbortController().signal));
  t.equal(rooms.find('standup'), room);
});

t.test('a session of another server, and one that is stopped while it waits, join no room', async (t) => {
  const { rooms, sessions } = open(false);
  const abort = new AbortController();
  await t.rejects(sessions.join(undefined, abort.signal), notJoined);
  const waiting = sessions.join({ id: 'later' }, abort.signal);
  abort.abort();
  await t.rejects(waiting, notJoined);
  t.equal(rooms.size, 0);
});

t.test('calls of two tenants are two rooms', async (t) => {
  const { rooms, sessions } = open();
  t.teardown(() => rooms.close());
  const { signal } = new AbortController();
  const call = (name: string, id = `${name}_standup`) => ({
    id,
    tenant: { name, bareId: 'standup', distinctId: `${id}-${name}` },
  });
  await rooms.create({ roomId: 'standup', ...plain });
  const first = await sessions.join(call('acme'), signal);
  t.equal(first.id, 'standup', 'a room without a tenant is taken');
  t.equal(await sessions.join(call('acme'), signal), first, 'by every session of the tenant');
  const second = await sessions.join(call('umbrella'), signal);
  t.equal(second.id, 'umbrella_standup', 'but not by those of another one');
  t.equal((await sessions.join({ id: 'standup' }, signal)).id, 'standup', 'a call without a tenant names a room');
  for (const room of [first, first, first, second]) await sessions.leave(room);
  t.equal((await sessions.join(call('umbrella'), signal)).id, 'standup', 'until nobody uses it');
  const third = await sessions.join(call('a_b', 'a_b_c'), signal);
  t.equal(third.id, 'a_b_c');
  const fourth = await sessions.join(call('a', 'a_b_c'), signal);
  t.equal(fourth.id, 'a_b_c-a', 'equal ids of two tenants are two rooms');
  t.equal(await sessions.join(call('a', 'a_b_c'), signal), fourth);
});

t.test('it does not matter whether calls come one after the other or at once', async (t) => {
  const { rooms, sessions } = open();
  t.teardown(() => rooms.close());
  const { signal } = new AbortController();
  const call = (id: string, name: string, distinctId: string) => ({ id, tenant: { name, bareId: 'c', distinctId } });
  const [one, other, same] = await Promise.all([
    sessions.join(call('a_b_c', 'a_b', 'a-b-c-1'), signal),
    sessions.join(call('a_b_c', 'a', 'a-b-c-2'), signal),
    sessions.join(call('A_B_C', 'a', 'a-b-c-2'), signal),
  ]);
  t.strictSame([one.id, other.id], ['a_b_c', 'a-b-c-2']);
  t.equal(same, other, 'case does not matter');
  const [lower, upper] = await Promise.all([sessions.join({ id: 'x' }, signal), sessions.join({ id: 'X' }, signal)]);
  t.equal(upper, lower);
});

t.test('of two tenants that wait for a room one gets it', async (t) => {
  const { rooms, sessions } = open(false);
  t.teardown(() => rooms.close());
  const abort = new AbortController();
  const join = (name: string) =>
    sessions.join({ id: `${name}_c`, tenant: { name, bareId: 'c', distinctId: `${name}-c-1` } }, abort.signal);
  const waiting = [join('one'), join('other')];
  const room = await rooms.create({ roomId: 'c', ...plain });
  t.equal(await waiting[0], room);
  abort.abort();
  await t.rejects(waiting[1] as Promise<unknown>, notJoined);
});

t.test('a room of a tenant comes before one with the bare name', async (t) => {
  const { rooms, sessions } = open(false);
  t.teardown(() => rooms.close());
  for (const roomId of ['standup', 'Acme_standup']) await rooms.create({ roomId, ...plain });
  const tenant = { name: 'acme', bareId: 'standup', distinctId: 'standup-1' };
  const room = await sessions.join({ id: 'acme_standup', tenant }, new AbortController().signal);
  t.equal(room.id, 'Acme_standup');
});
