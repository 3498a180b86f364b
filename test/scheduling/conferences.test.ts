import t from 'tap';
import type { Conference } from '../../src/scheduling/conference.ts';
import { onBothEngines } from '../database/engines.ts';
import { codeOf, conferencesIn, createFields, testStart } from './conference-database.ts';

const key = 'TestApi';
const none = { name: undefined, duration: undefined, server: undefined, start: undefined };
const emails = ({ participants }: Conference) => participants.map(({ email }) => email);

await onBothEngines(t, 'a conference is created', async (t, engine) => {
  const { conferences, changes, events } = await conferencesIn(await engine.open());
  const uid = await conferences.create(key, createFields);
  t.match(uid, /^[0-9a-f]{32}$/);
  const conference = await conferences.get(key, uid);
  t.match(conference, {
    ...{ uid, name: 'testAPINEW', start: testStart + 1_800_000, end: testStart + 4_500_000, duration: 45 },
    ...{ timeZone: null, moderator: { email: 'a@example.org' }, server: { id: 1 }, sequence: 0 },
  });
  t.match(conference.number, new RegExp(`^\\d{1,2}${testStart / 1000}$`));
  t.strictSame(emails(conference), ['a@example.org']);
  t.match(changes, [{ type: 'room.created', conference: { uid }, recipients: [{ email: 'a@example.org' }] }]);
  t.strictSame(events, ['created']);

  const { id, number } = conference;
  for (const by of [{ id }, { uid }, { number }]) t.equal((await conferences.find(by))?.uid, uid);
  const foreign = [
    { id: id + 1 },
    { id: 1.5 },
    { id: 2 ** 40 },
    { uid: '' },
    { uid: '\0' },
    { number: '1' },
    { number: 'x\0' },
  ];
  for (const by of foreign) t.equal(await conferences.find(by), undefined);
});

await onBothEngines(t, 'what cannot be created', async (t, engine) => {
  const { conferences, servers, changes } = await conferencesIn(await engine.open());
  const rows: [string | undefined, object, string | undefined][] = [
    [undefined, {}, 'serverNotFound'],
    ['', {}, 'serverNotFound'],
    ['testapi', {}, 'serverNotFound'],
    ['OtherKey', {}, 'serverNotFound'],
    [key, { server: undefined }, 'serverNotFound'],
    [key, { server: 'MEET.example.org' }, 'serverNotFound'],
    [key, { server: 'nobody.example.org' }, 'serverNotFound'],
    [undefined, { server: 'nobody.example.org' }, 'serverNotFound'],
    [key, { server: 'closed.example.org' }, 'serverNotFound'],
    [key, { email: undefined }, 'serverNotFound'],
    [key, { email: 'a@localhost' }, 'serverNotFound'],
    [key, { name: undefined }, 'invalid'],
    [key, { name: 'a\0b' }, 'invalid'],
    [key, { name: 'ä'.repeat(40_000) }, 'invalid'],
    [key, { duration: undefined }, 'invalid'],
    [key, { duration: '' }, 'invalid'],
    [key, { duration: '0' }, 'invalid'],
    [key, { duration: '-5' }, 'invalid'],
    [key, { duration: '1.5' }, 'invalid'],
    [key, { duration: '1e2' }, 'invalid'],
    [key, { duration: 'NaN' }, 'invalid'],
    [key, { duration: '525601' }, 'invalid'],
    [key, { start: 'tomorrow' }, 'invalid'],
    [key, { start: '2021-02-30' }, 'invalid'],
    [key, { server: 'closed.example.org', email: 'lISTED@example.org' }, undefined],
    [key, { name: '', start: '', duration: '525600' }, undefined],
    [key, { name: '😀 <script>"\'\\; drop table scheduling_conferences --', start: undefined }, undefined],
    [key, { name: 'x'.repeat(65_535) }, undefined],
  ];
  for (const [given, fields, code] of rows) {
    t.equal(
      await codeOf(conferences.create(given, { ...createFields, ...fields })),
      code,
      JSON.stringify(fields).slice(0, 60),
    );
  }
  t.equal(changes.length, rows.filter(([, , code]) => code === undefined).length);
  await conferences.create(key, { ...createFields, name: '\ud800x', email: 'surrogate@example.org' });
  t.equal(changes.at(-1)?.conference.name, '\ufffdx');
  t.equal(
    await codeOf(conferences.create('nokey', { ...createFields, email: 'stranger@example.org' })),
    'serverNotFound',
  );
  t.equal(
    await codeOf(servers.ofUser(key, 'stranger@example.org', undefined)),
    'userNotFound',
    'strangers create nobody',
  );
  t.equal(
    await codeOf(conferences.create(key, { ...createFields, email: 'early@example.org', server: 'x' })),
    'serverNotFound',
  );
  t.equal((await servers.ofUser(key, 'early@example.org', undefined)).email, 'early@example.org');
});

await onBothEngines(t, 'the organiser is one user', async (t, engine) => {
  const { conferences } = await conferencesIn(await engine.open());
  const moderator = async (fields: object) =>
    (await conferences.get(key, await conferences.create(key, { ...createFields, ...fields }))).moderator;
  const first = await moderator({ email: 'First@Example.org', keycloakId: 'k-1' });
  t.match(first, { email: 'First@Example.org', keycloakId: 'k-1' });
  t.strictSame(await moderator({ email: 'fIRST@example.ORG' }), first, 'in any letter case');
  t.strictSame(await moderator({ email: 'second@example.org', keycloakId: 'k-1' }), first, 'the identity counts more');
  t.match(await moderator({ email: 'second@example.org', keycloakId: 'k-2' }), { email: 'second@example.org' });
  t.match(await moderator({ email: 'third@example.org', keycloakId: 'x'.repeat(300) }), { keycloakId: null });
  t.match(await moderator({ email: 'fourth@example.org', keycloakId: '\0' }), { keycloakId: null });
});

await onBothEngines(t, 'a conference is changed', async (t, engine) => {
  const { conferences, servers, changes, events } = await conferencesIn(await engine.open());
  const uid = await conferences.create(key, createFields);
  await conferences.addParticipant(key, uid, 'b@example.org');
  const change = (fields: object, given: string | undefined = key) =>
    codeOf(conferences.change(given, uid, { ...none, ...fields }));

  t.equal(await codeOf(conferences.change(key, '0'.repeat(32), none)), 'conferenceNotFound');
  t.equal(await codeOf(conferences.change(undefined, undefined, none)), 'conferenceNotFound');
  t.equal(await codeOf(conferences.change(undefined, uid, none)), 'serverNotFound');
  t.equal(await change({}, 'OtherKey'), 'serverNotFound');
  t.equal(await change({ server: 'other.example.org' }, 'OtherKey'), 'serverNotFound');
  t.equal(await change({ server: 'other.example.org' }), 'serverNotFound');
  t.equal(await change({ server: 'closed.example.org' }), 'serverNotFound', 'the moderator is not listed');
  for (const fields of [{ start: 'x' }, { duration: '0' }, { duration: '' }, { name: '\0' }]) {
    t.equal(await change({ name: 'new', duration: '5', start: '@0', ...fields }), 'invalid');
  }
  t.match(await conferences.get(key, uid), { name: 'testAPINEW', duration: 45, sequence: 1 });

  t.equal(await change({ name: 'new', start: '2021-03-28T01:30', duration: '60' }), undefined);
  const changed = await conferences.get(key, uid);
  t.match(changed, { name: 'new', duration: 60, sequence: 2, server: { id: 1 } });
  t.equal(new Date(changed.end).toISOString(), '2021-03-28T01:30:00.000Z', 'real minutes across the change of clocks');
  t.match(changes.at(-1), {
    type: 'room.updated',
    conference: { name: 'new', sequence: 2 },
    recipients: { length: 2 },
  });
  t.equal(await change({ name: '', start: '' }), undefined);
  t.match(await conferences.get(key, uid), { name: '', start: changed.start, duration: 60, sequence: 3 });

  const listed = await conferences.create(key, { ...createFields, email: 'listed@example.org' });
  t.equal(await codeOf(conferences.change(key, listed, { ...none, server: 'closed.example.org' })), undefined);
  t.equal((await conferences.get(key, listed)).server.id, 2);
  t.strictSame(events.slice(-2), ['changed', 'moved']);
  const clone = await servers.clone(key, {
    url: 'clone.example.org',
    name: 'x',
    app_id: undefined,
    app_secret: undefined,
  });
  await conferences.move(key, listed, String(clone));
  t.equal(
    await codeOf(conferences.change(key, listed, { ...none, server: 'clone.example.org' })),
    'serverNotFound',
    'no users',
  );
  t.equal(await codeOf(conferences.change(key, listed, none)), undefined);
});

await onBothEngines(t, 'a conference is deleted', async (t, engine) => {
  const database = await engine.open();
  const { conferences, clock, changes, events } = await conferencesIn(database);
  const [uid, late] = [await conferences.create(key, createFields), await conferences.create(key, createFields)];
  const before = await conferences.get(key, uid);
  t.equal(await codeOf(conferences.delete(key, 'x')), 'conferenceNotFound');
  t.equal(await codeOf(conferences.delete('OtherKey', uid)), 'denied');
  t.equal(await codeOf(conferences.delete(key, uid)), undefined);
  t.match(changes.at(-1), {
    type: 'room.deleted',
    conference: { uid, sequence: 1 },
    recipients: [{ email: 'a@example.org' }],
  });
  t.equal(events.at(-1), 'deleted');
  const actions = [
    () => conferences.delete(key, uid),
    () => conferences.change(key, uid, none),
    () => conferences.addParticipant(key, uid, 'b@example.org'),
    () => conferences.removeParticipant(key, uid, 'a@example.org'),
    () => conferences.get(key, uid),
    () => conferences.move(key, uid, '1'),
  ];
  for (const action of actions) t.equal(await codeOf(action()), 'conferenceNotFound');
  const { id, number } = before;
  for (const by of [{ id }, { uid }, { number }]) t.equal(await conferences.find(by), undefined);
  const row = await database.queries
    .selectFrom('scheduling_conferences')
    .selectAll()
    .where('uid', '=', uid)
    .executeTakeFirst();
  t.match(row, { moderator_id: null, deleted_at: testStart }, 'the record stays');

  clock.setTime(before.end);
  await conferences.delete(key, late);
  t.strictSame(changes.at(-1)?.recipients, [], 'nobody is told of one that is over');
});

await onBothEngines(t, 'participants', async (t, engine) => {
  const database = await engine.open();
  const { conferences, changes } = await conferencesIn(database);
  const uid = await conferences.create(key, createFields);
  const add = (email: string | undefined, given = key) => codeOf(conferences.addParticipant(given, uid, email));
  const remove = (email: string | undefined, given = key) => codeOf(conferences.removeParticipant(given, uid, email));
  for (const act of [add, remove]) {
    t.equal(await act('b@example.org', 'OtherKey'), 'denied');
    for (const email of [undefined, '', 'b@c', 'b@example.org\0', `${'b@example.org,'.repeat(1000)}`]) {
      t.equal(await act(email, 'OtherKey'), 'denied');
      t.equal(await act(email), 'emailInvalid');
    }
  }
  const unknown = '0'.repeat(32);
  t.equal(await codeOf(conferences.addParticipant(key, unknown, 'x')), 'conferenceNotFound');
  t.equal(await codeOf(conferences.removeParticipant(undefined, unknown, 'x')), 'conferenceNotFound');
  t.equal(await remove('b@example.org'), 'userNotFound', 'no user');
  for (const email of ['c@example.org', 'B@example.org', 'b@EXAMPLE.org', 'a@example.org'])
    t.equal(await add(email), undefined);
  t.strictSame(emails(await conferences.get(key, uid)), ['a@example.org', 'c@example.org', 'B@example.org']);
  t.strictSame(
    changes.map(({ type, recipients }) => [type, ...recipients.map(({ email }) => email)]),
    [
      ['room.created', 'a@example.org'],
      ['participant.added', 'c@example.org'],
      ['participant.added', 'B@example.org'],
    ],
  );
  const contacts = await database.queries.selectFrom('scheduling_contacts').selectAll().execute();
  t.equal(contacts.length, 2, 'the address book of the organiser');

  const conference = await conferences.get(key, uid);
  t.equal((await conferences.invited(conference, 'b@example.ORG'))?.email, 'B@example.org');
  t.equal(await remove('a@example.org'), undefined);
  t.equal(await remove('a@example.org'), 'userNotFound', 'not in the conference');
  t.match(changes.at(-1), {
    type: 'participant.removed',
    conference: { sequence: 3 },
    recipients: [{ email: 'a@example.org' }],
  });
  t.equal((await conferences.get(key, uid)).moderator.email, 'a@example.org', 'he stays moderator');
  t.equal((await conferences.invited(conference, 'a@example.org'))?.email, 'a@example.org');
  t.equal(await remove('c@example.org'), undefined);
  for (const email of ['c@example.org', 'x@example.org', '', '\0'])
    t.equal(await conferences.invited(conference, email), undefined);
  t.equal(await add('c@example.org'), undefined);
  t.strictSame(emails(await conferences.get(key, uid)), ['B@example.org', 'c@example.org']);
});

await onBothEngines(t, 'those that will begin', async (t, engine) => {
  const { conferences, servers, clock } = await conferencesIn(await engine.open());
  const starts = [-1, 0, 1, 600, 601].map((seconds) => testStart / 1000 + seconds);
  const uids: string[] = [];
  for (const start of starts) uids.push(await conferences.create(key, { ...createFields, start: `@${start}` }));
  clock.advance(999);
  const upcoming = (minutes?: string, serverId?: string, given: string | undefined = key) =>
    conferences.upcoming(given, minutes, serverId);
  t.strictSame(await upcoming('10'), { serverId: 1, uids: uids.slice(1, 4) });
  t.strictSame(await upcoming('0'), { serverId: 1, uids: uids.slice(1, 2) });
  t.strictSame((await upcoming('-10')).uids, []);
  t.strictSame((await upcoming('9'.repeat(400))).uids, uids.slice(1));
  await conferences.delete(key, uids[2]);
  const clone = await servers.clone(key, {
    url: 'c.example.org',
    name: undefined,
    app_id: undefined,
    app_secret: undefined,
  });
  await conferences.move(key, uids[3], String(clone));
  t.strictSame(await upcoming('10'), { serverId: 1, uids: uids.slice(1, 2) });
  t.strictSame(await upcoming('10', String(clone)), { serverId: clone, uids: uids.slice(3, 4) });
  const begun = await conferences.beginning(testStart, testStart + 600_000);
  t.strictSame(begun.map(({ uid }) => uid).sort(), [uids[1], uids[3]].sort());
  const rows: [string | undefined, string | undefined, string | undefined, string][] = [
    [key, undefined, undefined, 'minutesMissing'],
    [key, '', undefined, 'minutesMissing'],
    [key, 'ten', undefined, 'minutesMissing'],
    [key, '1.5', undefined, 'minutesMissing'],
    [key, '10', '5', 'serverNotFound'],
    [key, '10', 'x', 'serverNotFound'],
    [undefined, undefined, undefined, 'serverNotFound'],
    ['wrong', '10', undefined, 'serverNotFound'],
  ];
  for (const [given, minutes, serverId, code] of rows)
    t.equal(await codeOf(conferences.upcoming(given, minutes, serverId)), code);
});

await onBothEngines(t, 'a conference is moved', async (t, engine) => {
  const { conferences, changes, events } = await conferencesIn(await engine.open());
  const uid = await conferences.create(key, createFields);
  const move = (serverId: string | undefined, given: string | undefined = key) =>
    codeOf(conferences.move(given, uid, serverId));
  t.equal(await codeOf(conferences.move(undefined, undefined, '2')), 'conferenceNotFound');
  t.equal(await codeOf(conferences.move(undefined, uid, '2')), 'denied');
  t.equal(await move('2', 'OtherKey'), 'denied');
  for (const id of [undefined, '', 'x', '99', '5', '6', '2.0', '9'.repeat(100), '\0'])
    t.equal(await move(id), 'newServerNotFound');
  t.equal(await move('1'), undefined);
  t.strictSame(events, ['created'], 'it stays where it is');
  t.equal(await move('2'), undefined);
  t.match(await conferences.get(key, uid), { server: { id: 2 }, sequence: 0 });
  t.strictSame(events, ['created', 'moved']);
  t.equal(changes.length, 1, 'nobody is told');
});

await onBothEngines(t, 'reads without a key when that is allowed', async (t, engine) => {
  const { conferences, servers } = await conferencesIn(await engine.open(), { openReads: true });
  const uid = await conferences.create(key, createFields);
  t.equal((await conferences.get(undefined, uid)).uid, uid);
  t.equal((await servers.ofUser(undefined, 'a@example.org', undefined)).email, 'a@example.org');
  t.equal(await codeOf(conferences.get(undefined, 'x')), 'conferenceNotFound');
  t.equal(await codeOf(conferences.delete(undefined, uid)), 'denied');
});

await onBothEngines(t, 'everything is there after a restart', async (t, engine) => {
  const first = await engine.open();
  const before = await conferencesIn(first);
  const uid = await before.conferences.create(key, createFields);
  await before.conferences.addParticipant(key, uid, 'b@example.org');
  const conference = await before.conferences.get(key, uid);
  await first.close();
  const { conferences } = await conferencesIn(await engine.open());
  const after = await conferences.get(key, uid);
  t.strictSame(JSON.parse(JSON.stringify(after)), JSON.parse(JSON.stringify(conference)));
  const next = await conferences.get(key, await conferences.create(key, createFields));
  t.not(next.number, conference.number);
  t.ok(next.id > conference.id);
});
