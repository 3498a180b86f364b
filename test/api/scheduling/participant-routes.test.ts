// docs/contracts/jitsi-admin.md 3.4 and 3.5: participants are added and removed.
import t from 'tap';
import { onBothEngines } from '../../database/engines.ts';
import { RunningScheduler } from './running-scheduler.ts';

const noRoom = '{"error":true,"text":"no Room found"}';
const noServer = '{"error":true,"text":"No Server found"}';
const incorrect = '{"error":true,"text":"Email incorrect"}';

const invalidEmails = [
  ...['', 'a@b', 'a@localhost', 'ä@b.de', ' a@b.de', 'a@b.de ', '"a b"@b.de', 'a', '@b.de', 'a@', 'a@@b.de', 'a@b..de'],
  ...['a@.b.de', '.a@b.de', 'a.@b.de', 'a..a@b.de', 'a@b.de\n', 'a@b.de\r\nBcc: c@d.de', 'a\u0000@b.de', 'a,b@c.de'],
  ...[
    `${'a'.repeat(65)}@b.de`,
    `a@${'b'.repeat(64)}.de`,
    `a@${'b.'.repeat(200)}de`,
    'a@-b.de',
    `a@${'a'.repeat(1_000_000)}`,
  ],
];

await onBothEngines(t, 'participants', async (t, engine) => {
  const scheduler = await RunningScheduler.start(t, await engine.open());
  const add = (uid: string, email: string, key = 'key-one') =>
    scheduler.ask('POST', '/user', { form: { uid, email }, key });
  const remove = (uid: string, email: string, key = 'key-one') =>
    scheduler.ask('DELETE', '/user', { form: { uid, email }, key });
  const added = (uid: string, user: string) =>
    JSON.stringify({ uid, user, error: false, text: `Teilnehmer ${user} erfolgreich hinzugefügt` });
  const removed = (uid: string, user: string) =>
    JSON.stringify({ uid, user, error: false, text: `Teilnehmer ${user} erfolgreich gelöscht` });
  const participants = async (uid: string) => (await scheduler.info(uid)).teilnehmer;

  await t.test('both: the order of refusals', async (t) => {
    const uid = await scheduler.create();
    const deleted = await scheduler.create();
    await scheduler.ask('DELETE', '/room', { query: { uid: deleted } });
    for (const ask of [add, remove]) {
      t.equal((await ask('none', 'x', 'wrong')).text, noRoom);
      t.equal((await ask(deleted, 'x@example.org')).text, noRoom, 'deleted');
      t.equal((await ask(uid, 'x', 'wrong')).text, noServer);
      t.equal((await ask(uid, 'x', 'key-three')).text, noServer);
      for (const email of invalidEmails) t.equal((await ask(uid, email)).text, incorrect, email.slice(0, 100));
    }
    for (const method of ['POST', 'DELETE']) {
      t.equal((await scheduler.ask(method, '/user')).text, noRoom, 'no uid');
      t.equal((await scheduler.ask(method, '/user', { query: { uid } })).text, incorrect, 'no address');
    }
    t.strictSame(await participants(uid), ['a@example.org'], 'nothing was done');
  });

  await t.test('3.4: participants are added in their order', async (t) => {
    const uid = await scheduler.create();
    const emails = ['z@example.org', 'A.B+c@x.example', 'b@example.org', "o'brien@x-y.example", 'a_1@sub.x.example'];
    for (const email of emails) t.equal((await add(uid, email)).text, added(uid, email));
    t.equal((await add(uid, 'z@example.org')).text, added(uid, 'z@example.org'), 'once more');
    t.equal((await add(uid, 'a@example.org')).text, added(uid, 'a@example.org'), 'the organiser is one');
    t.strictSame(await participants(uid), ['a@example.org', ...emails]);
    const { json } = await scheduler.ask('GET', '/serverInfo', { query: { email: 'z@example.org' } });
    t.equal(json.error, false, 'a new address becomes a user');
  });

  await t.test('3.5: participants are removed', async (t) => {
    const uid = await scheduler.create();
    const userIncorrect = '{"error":true,"text":"User incorrect"}';
    t.equal((await remove(uid, 'nobody@example.org')).text, userIncorrect, 'nobody has the address');
    await add(await scheduler.create(), 'elsewhere@example.org');
    t.equal((await remove(uid, 'elsewhere@example.org')).text, userIncorrect, 'not in this conference');
    await add(uid, 'p@example.org');
    t.equal((await remove(uid, 'p@example.org')).text, removed(uid, 'p@example.org'));
    t.equal((await remove(uid, 'p@example.org')).text, userIncorrect, 'removed before');
    t.equal((await remove(uid, 'a@example.org')).text, removed(uid, 'a@example.org'), 'the organiser');
    t.match(await scheduler.info(uid), { moderator: 'a@example.org', teilnehmer: [] }, 'who stays moderator');
  });

  await t.test('many at once', async (t) => {
    const uid = await scheduler.create();
    const emails = Array.from({ length: 20 }, (_, index) => `p${index % 10}@example.org`);
    const all = await Promise.all(emails.map((email) => add(uid, email)));
    t.strictSame(new Set(all.map(({ json }) => json.error)), new Set([false]));
    const expected = ['a@example.org', ...new Set(emails)].sort();
    t.strictSame((await participants(uid)).sort(), expected, 'each is there once');
    const gone = await Promise.all(emails.map((email) => remove(uid, email)));
    t.equal(gone.filter(({ json }) => json.error === false).length, 10, 'each is removed once');
    t.strictSame(await participants(uid), ['a@example.org']);
  });
});
