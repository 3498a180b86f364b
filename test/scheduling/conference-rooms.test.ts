import t from 'tap';
import { Component } from '../../src/room/component.ts';
import { plainRoom } from '../../src/room/room-config.ts';
import { Track } from '../../src/room/track.ts';
import { onBothEngines } from '../database/engines.ts';
import { eventually } from '../eventually.ts';
import { joiningWorld, refusalOf } from './joining-world.ts';

const both = ['a@example.org', 'b@example.org'] as const;

await onBothEngines(t, 'a conference has a room when somebody joins, which knows whose it is', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const conference = await world.schedule();
  t.equal(world.rooms.size, 0);
  const [one, two] = await Promise.all(
    ['a', 'b'].map((device) => world.admit({ conference: { id: conference.id }, email: 'a@example.org', device })),
  );
  const room = world.rooms.get(conference.number);
  t.strictSame([...room.peers.keys()].sort(), [one?.peerId, two?.peerId].sort());
  t.strictSame(room.metadata, {
    ...{ name: 'testAPINEW', uid: conference.uid, moderator: 'a@example.org' },
    ...{ start: '2021-02-02T13:30:00.000Z', end: '2021-02-02T14:15:00.000Z' },
  });
  const fields = { name: 'renamed', duration: undefined, server: undefined, start: undefined };
  await world.conferences.change('TestApi', conference.uid, fields);
  await eventually('the room has the new name', () => room.metadata?.name === 'renamed');
});

await onBothEngines(t, 'a room with the number of a conference is the one of the conference', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const conference = await world.schedule();
  const made = await world.rooms.create({ ...plainRoom, roomId: conference.number });
  const guest = await world.admit({ conference: { id: conference.id }, email: 'a@example.org' });
  t.ok(made.peers.has(guest.peerId));
  t.match(made.metadata, { uid: conference.uid });
  await world.conferences.delete('TestApi', conference.uid);
  await world.gone(conference.number);
});

await onBothEngines(t, 'a deleted conference takes its room along', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const conference = await world.schedule();
  const connection = world.connect(await world.admit({ conference: { id: conference.id }, email: 'a@example.org' }));
  await world.conferences.delete('TestApi', conference.uid);
  await world.gone(conference.number);
  t.strictSame(connection.closes, [{ cause: 'roomClosed', reason: '' }]);
  const again = world.admit({ conference: { id: conference.id }, email: 'a@example.org' });
  t.strictSame(await refusalOf(again), { reason: 'notFound' });
});

await onBothEngines(t, 'who is removed is disconnected and refused; a moderator stays one', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const conference = await world.schedule();
  const enter = (email: string) => world.admit({ conference: { id: conference.id }, email });
  const moderator = world.connect(await enter('a@example.org'));
  const guest = world.connect(await enter('b@example.org'));
  for (const email of both) await world.conferences.removeParticipant('TestApi', conference.uid, email);
  await eventually('b is disconnected', () => guest.closes.length > 0);
  t.strictSame(guest.closes, [{ cause: 'peerRemoved', reason: '' }]);
  t.strictSame(await refusalOf(enter('b@example.org')), { reason: 'notInvited' });
  t.strictSame(moderator.closes, []);
  t.equal(await refusalOf(enter('a@example.org')), undefined);
});

await onBothEngines(t, 'a room stays where it is until it is empty when its conference moves', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const [empty, live] = [await world.schedule(), await world.schedule()];
  const [, admission] = await Promise.all(
    [empty, live].map(({ id }) => world.admit({ conference: { id }, email: 'a@example.org' })),
  );
  if (!admission) throw new Error('Nobody was admitted.');
  world.connect(admission);
  for (const { uid } of [empty, live]) await world.conferences.move('TestApi', uid, '2');
  await world.gone(empty.number);
  await world.pass(5);
  t.ok(world.rooms.find(live.number));
  world.leave(admission);
  await world.pass(1);
  t.equal(world.rooms.find(live.number), undefined);
});

await onBothEngines(
  t,
  'the end of a conference throws nobody out; its room goes 15 minutes later, once empty',
  async (t, engine) => {
    const world = await joiningWorld(t, engine);
    // Until 13:45.
    const conference = await world.schedule({ start: '2021-02-02T13:00' });
    const [a, b] = await Promise.all(both.map((email) => world.admit({ conference: { id: conference.id }, email })));
    if (!a || !b) throw new Error('Nobody was admitted.');
    const [connection] = [world.connect(a), world.connect(b)];
    world.leave(b);
    await world.pass(120);
    t.strictSame(connection.closes, []);
    const room = world.rooms.get(conference.number);
    t.strictSame([...room.peers.keys()], [a.peerId], 'a peer without a client is gone');
    t.equal(await refusalOf(world.admit({ conference: { id: conference.id }, email: 'b@example.org' })), undefined);
    world.leave(a);
    await world.pass(3);
    t.equal(world.rooms.find(conference.number), undefined);
  },
);

await onBothEngines(t, 'a room without people stays until 15 minutes after the end', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const conference = await world.schedule({ start: '2021-02-02T13:00' });
  world.leave(await world.admit({ conference: { id: conference.id }, email: 'b@example.org' }));
  await world.pass(60);
  const room = world.rooms.get(conference.number);
  t.equal(room.peers.size, 0, 'who never connected is gone');
  await world.pass(1);
  t.equal(world.rooms.find(conference.number), undefined);
});

await onBothEngines(t, 'a telephone is somebody, a recorder is nobody', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const conference = await world.schedule();
  await world.admit({ conference: { id: conference.id }, email: 'a@example.org' });
  const room = world.rooms.get(conference.number);
  const source = { properties: () => ({}), close: async () => undefined };
  const add = (type: 'sip' | 'recording') => {
    const component = new Component(type, type, source);
    room.addComponent(component);
    return component;
  };
  add('recording');
  const telephone = add('sip');
  t.notOk(world.conferenceRooms.isLive(conference), 'nobody calls');
  room.addTracks(telephone, [new Track({ id: 'voice', type: 'audio' })]);
  t.ok(world.conferenceRooms.isLive(conference));
});

await onBothEngines(t, 'what another node changes is found within a minute', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const other = await joiningWorld(t, engine);
  const [first, second] = [await world.schedule(), await world.schedule()];
  const enter = async (id: number, email: string) => world.connect(await world.admit({ conference: { id }, email }));
  const connections = [await enter(first.id, 'a@example.org'), await enter(second.id, 'a@example.org')];
  const guest = await enter(second.id, 'b@example.org');
  await other.conferences.delete('TestApi', first.uid);
  await other.conferences.removeParticipant('TestApi', second.uid, 'b@example.org');
  await world.pass(1);
  t.equal(world.rooms.find(first.number), undefined);
  t.strictSame(guest.closes, [{ cause: 'peerRemoved', reason: '' }]);
  t.equal(connections[1]?.closes.length, 0);
});

await onBothEngines(t, 'rooms are made 30 minutes before the start if the operator wants it', async (t, engine) => {
  const world = await joiningWorld(t, engine, { precreate: true });
  let questions = 0;
  const beginning = world.conferences.beginning.bind(world.conferences);
  world.conferences.beginning = (from, to) => {
    questions += 1;
    return beginning(from, to);
  };
  const [late, soon] = [await world.schedule(), await world.schedule({ start: '2021-02-02T13:30' })];
  const [over, elsewhere] = [
    await world.schedule({ start: '2021-02-02T12:45', duration: '15' }),
    await world.schedule({ start: '2021-02-02T13:40' }),
  ];
  await world.conferences.move('TestApi', elsewhere.uid, '2');
  await eventually('there is a room', () => world.rooms.find(soon.number) !== undefined);
  t.equal(questions, 0, 'who schedules many does not wait for all of them each time');
  await world.pass(59);
  t.equal(world.rooms.find(late.number), undefined);
  await world.pass(1);
  t.match(world.rooms.find(late.number)?.metadata, { uid: late.uid });
  t.equal(world.rooms.find(over.number), undefined);
  t.equal(world.rooms.find(elsewhere.number), undefined);
  const restarted = await joiningWorld(t, engine, { precreate: true, database: world.database });
  await eventually('there is a room after the next start', () => restarted.rooms.find(soon.number) !== undefined);
});

await onBothEngines(t, 'whoever joins a conference that is being deleted has no place in it', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  for (let round = 0; round < 20; round += 1) {
    const conference = await world.schedule();
    const enter = () => refusalOf(world.admit({ conference: { id: conference.id }, email: 'a@example.org' }));
    await Promise.all([enter(), world.conferences.delete('TestApi', conference.uid), enter()]);
    await world.gone(conference.number);
  }
  t.equal(world.rooms.size, 0);
});

await onBothEngines(t, 'when the database is away nothing is deleted', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const conference = await world.schedule();
  world.connect(await world.admit({ conference: { id: conference.id }, email: 'a@example.org' }));
  world.conferences.find = async () => {
    throw new Error('away');
  };
  await world.pass(3);
  t.ok(world.rooms.find(conference.number));
});
