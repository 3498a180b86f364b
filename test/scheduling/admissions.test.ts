import t from 'tap';
import { onBothEngines } from '../database/engines.ts';
import { testStart } from './conference-database.ts';
import { joiningWorld, refusalOf } from './joining-world.ts';

const minute = 60_000;

await onBothEngines(
  t,
  'participants are admitted from 30 minutes before the start until the end',
  async (t, engine) => {
    const world = await joiningWorld(t, engine);
    const conference = await world.schedule();
    const enter = () =>
      refusalOf(world.admit({ conference: { id: conference.id }, email: 'b@example.org', device: 'laptop' }));
    const [from, to] = [testStart + 60 * minute, testStart + 135 * minute];
    t.match(await enter(), { reason: 'outsideWindow', from, to, prospect: { conference, moderator: false } });
    world.clock.advance(60 * minute - 1);
    t.match(await enter(), { reason: 'outsideWindow' });
    world.clock.advance(1);
    t.equal(await enter(), undefined);
    world.clock.advance(75 * minute);
    t.equal(await enter(), undefined, 'at the end');
    world.clock.advance(1);
    t.match(await enter(), { reason: 'outsideWindow' });
  },
);

await onBothEngines(
  t,
  'the moderator is always admitted, and everybody while somebody is in the room',
  async (t, engine) => {
    const world = await joiningWorld(t, engine);
    const conference = await world.schedule();
    const enter = (email: string) => world.admit({ conference: { number: conference.number }, email, name: ' Ann ' });
    const moderator = await enter('a@example.org');
    t.match(moderator, { moderator: true, displayName: 'Ann', conference: { number: conference.number } });
    t.match(await refusalOf(enter('b@example.org')), { reason: 'outsideWindow' }, 'who was admitted is not in yet');
    world.connect(moderator);
    const guest = await enter('B@Example.ORG');
    t.strictSame(guest.metadata, { displayName: 'Ann', email: 'b@example.org', moderator: false });
    world.connect(guest);
    world.leave(moderator);
    t.equal(await refusalOf(enter('b@example.org')), undefined);
    world.leave(guest);
    t.match(await refusalOf(enter('b@example.org')), { reason: 'outsideWindow' });
    world.clock.advance(365 * 24 * 60 * minute);
    t.equal(await refusalOf(enter('a@example.org')), undefined, 'long after the end');
  },
);

await onBothEngines(t, 'a personal link says who somebody is', async (t, engine) => {
  const world = await joiningWorld(t, engine, { trustEmail: false });
  const { id, number } = await world.schedule();
  const other = await world.schedule();
  const email = 'a@example.org';
  const { data, sig } = world.links.signed({ number, email });
  const conference = { id };
  const required = { reason: 'identityRequired', emailAdmits: false };
  for (const [visitor, refusal] of [
    [{ conference, data, sig }, undefined],
    [{ conference: undefined, data, sig }, undefined],
    [{ conference: { number }, data, sig }, undefined],
    [{ conference }, required],
    [{ conference: undefined }, required],
    [{ conference, email }, required],
    [{ conference, data }, required],
    [{ conference, data, sig: sig.replace(/./, (first) => (first === 'A' ? 'B' : 'A')) }, required],
    [{ conference, data, sig: '' }, required],
    [{ conference, data: world.links.signed({ number, email: 'b@example.org' }).data, sig }, required],
    [{ conference: { id: other.id }, data, sig }, required],
    [{ conference, data: 'x'.repeat(2000), sig }, required],
    [{ conference: { id: 4711 }, data, sig }, { reason: 'notFound' }],
    [{ conference: undefined, ...world.links.signed({ number: '12345', email }) }, { reason: 'notFound' }],
    [{ conference, ...world.links.signed({ number, email: 'c@example.org' }) }, { reason: 'notInvited' }],
  ] as const) {
    t.strictSame(await refusalOf(world.admit(visitor)), refusal, JSON.stringify(visitor).slice(0, 200));
  }
});

await onBothEngines(t, 'an address alone is believed only if the operator wants it', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const { id, number } = await world.schedule({ start: '2021-02-02T13:00' });
  const conference = { id };
  for (const [visitor, refusal] of [
    [{ conference, email: 'b@example.org' }, undefined],
    [{ conference, data: world.links.signed({ number, email: 'b@example.org' }).data }, undefined],
    [{ conference, email: 'c@example.org' }, { reason: 'notInvited' }],
    [
      { conference, email: '' },
      { reason: 'identityRequired', emailAdmits: true },
    ],
  ] as const) {
    t.strictSame(await refusalOf(world.admit(visitor)), refusal);
  }
});

await onBothEngines(t, 'there is one peer per person and device, and few that are not connected', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const conference = await world.schedule();
  const enter = (device?: string) => world.admit({ conference: { id: conference.id }, email: 'a@example.org', device });
  const connection = world.connect(await enter('laptop'));
  const again = await enter('laptop');
  t.strictSame(connection.closes, [{ cause: 'peerRemoved', reason: '' }], 'the earlier one is disconnected');
  const room = world.rooms.get(conference.number);
  t.strictSame([...room.peers.keys()], [again.peerId]);
  const admitted = [again];
  for (let count = 0; count < 6; count += 1) admitted.push(await enter());
  t.strictSame(
    [...room.peers.keys()],
    admitted.slice(-4).map(({ peerId }) => peerId),
    'the oldest are replaced',
  );
  for (const admission of admitted.slice(-4)) world.connect(admission);
  for (let count = 0; count < 12; count += 1) world.connect(await enter());
  t.strictSame(await refusalOf(enter()), { reason: 'full' });
  t.equal(room.peers.size, 16);
  const b = world.admit({ conference: { id: conference.id }, email: 'b@example.org' });
  t.equal(await refusalOf(b), undefined, 'that is no matter of others');
});

await onBothEngines(t, 'a full room and a full server refuse', async (t, engine) => {
  const world = await joiningWorld(t, engine, { limits: { rooms: 1, peers: 2, components: 1 } });
  const [first, second] = [await world.schedule(), await world.schedule()];
  const enter = (id: number, email: string) => refusalOf(world.admit({ conference: { id }, email }));
  const limits = { videoCodec: null, webhookUrl: null, peerlessPurgeTimeout: null, peerDisconnectedTimeout: null };
  await world.rooms.create({ roomId: first.number, maxPeers: 0, ...limits });
  t.strictSame(await enter(first.id, 'a@example.org'), { reason: 'full' }, 'as the backend said that made the room');
  t.strictSame(await enter(second.id, 'a@example.org'), { reason: 'full' }, 'no second room');
  await world.rooms.delete(first.number);
  t.equal(await enter(second.id, 'a@example.org'), undefined);
  t.equal(await enter(second.id, 'a@example.org'), undefined);
  t.strictSame(await enter(second.id, 'a@example.org'), { reason: 'full' }, 'no third peer');
});

await onBothEngines(t, 'a conference on another server is there', async (t, engine) => {
  const world = await joiningWorld(t, engine);
  const conference = await world.schedule();
  await world.conferences.move('TestApi', conference.uid, '2');
  const look = (email: string) => world.admissions.look({ conference: { id: conference.id }, email });
  t.match(await look('a@example.org'), { isElsewhere: true, moderator: true });
  t.match(await refusalOf(look('b@example.org')), { reason: 'outsideWindow' });
  world.clock.advance(60 * minute);
  const guest = await world.admissions.admit({ conference: { id: conference.id }, email: 'b@example.org' });
  t.match(guest, { isElsewhere: true, displayName: '' });
  t.notOk('token' in guest);
  t.equal(world.rooms.size, 0);
});
