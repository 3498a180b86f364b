import t from 'tap';
import { UndeliverableError } from '../../src/database/outbox.ts';
import { StartError } from '../../src/error/start-error.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { onBothEngines, testEngine } from '../database/engines.ts';
import { eventually } from '../eventually.ts';
import { sampleAnnouncement, sampleChange, sampleConference, sampleUser } from './announcement-samples.ts';
import { AnnouncingServer } from './announcing-server.ts';
import { headersOf, type ReceivedMail, SmtpServer } from './mail/smtp-server.ts';

const smtp = await SmtpServer.start(t);
const smtpUrl = `smtp://127.0.0.1:${smtp.port}`;

const webhookUrl = 'https://backend.example.org/hook';
const withWebhook = sampleConference({ server: { ...sampleConference().server, webhookUrl } });
const minute = 60_000;

await onBothEngines(t, 'everybody gets a mail, once', async (t, engine) => {
  const database = await engine.open();
  const server = new AnnouncingServer(t, database, { smtpUrl });
  const emails = Array.from({ length: 10 }, (_, index) => `${engine.name}${index}@example.org`);
  await server.announce(sampleChange(emails));
  for (const email of emails) {
    const [mail] = await smtp.mailsTo(email);
    t.match(mail?.parts[0]?.content, `https://meet.example.org/join?for=${email}`);
  }
  await eventually('none waits', async () => (await server.messages()).length === 0);
  t.equal(smtp.mails.filter(({ recipients }) => emails.includes(recipients[0] ?? '')).length, 10);
});

await onBothEngines(
  t,
  'what one person is told arrives in its order, as it was when it was said',
  async (t, engine) => {
    const server = new AnnouncingServer(t, await engine.open(), { smtpUrl });
    // The first attempt fails, so that all are there when it arrives.
    const email = `later@${engine.name.toLowerCase()}.example`;
    const change = (type: 'participant.added' | 'room.updated' | 'room.deleted', name: string, sequence: number) =>
      server.announce(sampleChange([email], { type, conference: sampleConference({ name, sequence }) }));
    await change('participant.added', 'first', 1);
    await smtp.told('refused', 1);
    await change('room.updated', 'second', 2);
    await change('room.deleted', 'second', 3);
    t.equal(smtp.mails.filter(({ recipients }) => recipients.includes(email)).length, 0);
    await eventually('all of them arrive', async () => {
      await server.nextAttempt();
      return smtp.mails.filter(({ recipients }) => recipients.includes(email)).length >= 3;
    });
    const mails = await smtp.mailsTo(email, 3);
    t.strictSame(mails.map(eventOf), [
      ['REQUEST', 'first', '1', sampleAnnouncement().uid],
      ['REQUEST', 'second', '2', sampleAnnouncement().uid],
      ['CANCEL', 'second', '3', sampleAnnouncement().uid],
    ]);
  },
);

/** Method, name, sequence and UID of its calendar. */
function eventOf({ parts }: ReceivedMail): (string | undefined)[] {
  const calendar = parts[2]?.calendar?.calendars[0];
  const properties = calendar?.components[0]?.properties;
  const names = ['SUMMARY', 'SEQUENCE', 'UID'];
  return [calendar?.properties.METHOD?.[0]?.value, ...names.map((name) => properties?.[name]?.[0]?.value)];
}

await onBothEngines(t, 'what is refused for good is not tried again; what is put off is', async (t, engine) => {
  const server = new AnnouncingServer(t, await engine.open(), { smtpUrl });
  const domain = `refusals.${engine.name.toLowerCase()}.example`;
  const emails = ['never', 'spam', 'busy', 'fine'].map((name) => `${name}@${domain}`);
  await server.announce(sampleChange(emails));
  await smtp.mailsTo(`fine@${domain}`);
  const refusals = () =>
    smtp.events.filter(({ event, recipient }) => event === 'refused' && recipient?.endsWith(domain));
  await eventually('two are given up', async () => {
    return (await server.messages()).filter(({ failed_at }) => failed_at !== null).length === 2;
  });
  await eventually('one waits', async () => (await server.messages()).some(({ attempts }) => attempts === 1));
  await eventually('it arrives', async () => {
    await server.nextAttempt();
    return smtp.mails.some(({ recipients }) => recipients.includes(`busy@${domain}`));
  });
  await eventually('two are left', async () => (await server.messages()).length === 2);
  t.match(
    (await server.messages()).map(({ error }) => error),
    [/550/, /554/],
  );
  t.equal(refusals().length, 3, 'one attempt each');
});

await onBothEngines(t, 'a change that is not done is told to nobody', async (t, engine) => {
  const database = await engine.open();
  const server = new AnnouncingServer(t, database, { smtpUrl });
  server.backends.areListening = true;
  const change = sampleChange([`${engine.name}.undone@example.org`], { conference: withWebhook });
  const undone = database.transaction(async (queries) => {
    await server.announcements.add(queries, change);
    throw new Error('undone');
  });
  await t.rejects(undone, /undone/);
  await server.announce(sampleChange([`${engine.name}.done@example.org`], { conference: withWebhook }));
  await smtp.mailsTo(`${engine.name}.done@example.org`);
  await eventually('all is told', async () => (await server.messages()).length === 0);
  await eventually('also to backends', () => server.backends.events.length > 0);
  t.strictSame(
    server.backends.events.map(({ email }) => email),
    [`${engine.name}.done@example.org`],
  );
  t.equal(server.backends.posts.length, 1);
  t.notOk(smtp.mails.some(({ recipients }) => recipients[0]?.includes('undone')));
});

t.test('two servers with one database send each mail once', async (t) => {
  const engine = await testEngine(t, 'PostgreSQL');
  const clock = new HeldClock(sampleAnnouncement().at);
  const servers = [
    new AnnouncingServer(t, await engine.open(), { smtpUrl, clock }),
    new AnnouncingServer(t, await engine.open(), { smtpUrl, clock }),
  ];
  const emails = Array.from({ length: 20 }, (_, index) => `shared${index}@example.org`);
  const halves = [emails.slice(0, 10), emails.slice(10)];
  await Promise.all(servers.map((server, index) => server.announce(sampleChange(halves[index] ?? []))));
  await eventually('none waits', async () => (await servers[0]?.messages())?.length === 0);
  const sent = smtp.mails.flatMap(({ recipients }) => recipients).filter((email) => email.startsWith('shared'));
  t.strictSame(sent.sort(), emails.sort());
});

t.test('a mail server that is away gets the mails when it is back', async (t) => {
  const away = await SmtpServer.start(t);
  await away.kill();
  const engine = await testEngine(t, 'SQLite');
  const server = new AnnouncingServer(t, await engine.open(), { smtpUrl: `smtp://127.0.0.1:${away.port}` });
  await server.announce(sampleChange(['b@example.org', 'c@example.org']));
  await eventually('both were tried', async () => (await server.messages()).every(({ attempts }) => attempts > 0));
  const back = await SmtpServer.start(t, { port: away.port });
  await eventually('both arrive', async () => {
    await server.nextAttempt();
    return back.mails.length === 2;
  });
  await eventually('none waits', async () => (await server.messages()).length === 0);
  t.strictSame(back.mails.flatMap(({ recipients }) => recipients).sort(), ['b@example.org', 'c@example.org']);
});

t.test(
  'a mail that was not accepted when the server stopped is sent after its start, with the same Message-ID',
  async (t) => {
    const held = await SmtpServer.start(t);
    const url = `smtp://127.0.0.1:${held.port}`;
    const engine = await testEngine(t, 'SQLite');
    const first = new AnnouncingServer(t, await engine.open(), { smtpUrl: url });
    await first.announce(sampleChange(['hold@example.org']));
    const [event] = await held.told('held');
    const closing = first.announcements.close();
    await first.clock.whenPending(1);
    first.clock.advance(2000);
    await closing;
    t.match(await first.messages(), [{ attempts: 0, claimed_until: null }]);

    held.release();
    const second = new AnnouncingServer(t, await engine.open(), { smtpUrl: url });
    await eventually('it is gone', async () => (await second.messages()).length === 0);
    const mails = await held.mailsTo('hold@example.org');
    t.strictSame(
      [...new Set(mails.map((mail) => headersOf(mail, 'message-id')[0]))],
      event?.mail && headersOf(event.mail, 'message-id'),
    );
  },
);

t.test('a server that stops waits a moment for mails to be accepted', async (t) => {
  const held = await SmtpServer.start(t);
  const engine = await testEngine(t, 'SQLite');
  const server = new AnnouncingServer(t, await engine.open(), { smtpUrl: `smtp://127.0.0.1:${held.port}` });
  await server.announce(sampleChange(['hold@example.org']));
  await held.told('held');
  const closing = server.announcements.close();
  held.release();
  await closing;
  t.equal((await held.mailsTo('hold@example.org')).length, 1);
  t.strictSame(await server.messages(), [], 'it is not sent again');
});

t.test('a mail whose acceptance was not heard is sent again, with the same Message-ID', async (t) => {
  const engine = await testEngine(t, 'SQLite');
  const server = new AnnouncingServer(t, await engine.open(), { smtpUrl });
  await server.announce(sampleChange(['cut@example.org']));
  await eventually('it arrives again', async () => {
    await server.nextAttempt();
    return smtp.mails.filter(({ recipients }) => recipients.includes('cut@example.org')).length === 2;
  });
  const ids = (await smtp.mailsTo('cut@example.org', 2)).map((mail) => headersOf(mail, 'message-id')[0]);
  t.equal(new Set(ids).size, 1);
});

t.test('a mail about what is over is not sent; one about what was over already is', async (t) => {
  const away = await SmtpServer.start(t);
  await away.kill();
  const engine = await testEngine(t, 'SQLite');
  const server = new AnnouncingServer(t, await engine.open(), { smtpUrl: `smtp://127.0.0.1:${away.port}` });
  const past = { start: server.clock.now() - 60 * minute, end: server.clock.now() - 15 * minute };
  await server.announce(sampleChange(['b@example.org']));
  await server.announce(sampleChange(['c@example.org'], { conference: sampleConference({ ...past, id: 8 }) }));
  await eventually('both were tried', async () => (await server.messages()).every(({ attempts }) => attempts > 0));
  const back = await SmtpServer.start(t, { port: away.port });
  server.clock.advance(sampleConference().end + minute - server.clock.now());
  await eventually('one arrives', async () => {
    await server.nextAttempt();
    return back.mails.length > 0;
  });
  await eventually('the other is given up', async () => {
    const [left, ...others] = await server.messages();
    return others.length === 0 && left?.failed_at !== null;
  });
  t.strictSame(
    back.mails.map(({ recipients }) => recipients),
    [['c@example.org']],
  );
});

t.test('without a mail server nothing is written down; backends are told at once', async (t) => {
  const engine = await testEngine(t, 'SQLite');
  const server = new AnnouncingServer(t, await engine.open());
  await server.announce(sampleChange(['early@example.org']));
  server.backends.areListening = true;
  await server.announce(sampleChange(['b@example.org', 'c@example.org']));
  await eventually('they are told', () => server.backends.events.length === 2);
  t.strictSame(await server.messages(), []);
  const { uid, number, name, start, end } = sampleAnnouncement();
  t.match(server.backends.events, [
    {
      ...{ type: 'participant.added', uid, number, serverId: 1, name, start, end, email: 'b@example.org' },
      joinUrl: 'https://meet.example.org/join?for=b@example.org',
      calendar: /^BEGIN:VCALENDAR\r\n[\s\S]*METHOD:REQUEST\r\n[\s\S]*END:VCALENDAR$/,
    },
    { email: 'c@example.org' },
  ]);
});

t.test('webhooks are called until they accept, or refuse', async (t) => {
  const engine = await testEngine(t, 'SQLite');
  const server = new AnnouncingServer(t, await engine.open());
  const { backends, clock } = server;
  const announce = async (email: string) => {
    const recipients = [sampleUser(2, email)];
    await server.announce(sampleChange([], { recipients, conference: withWebhook }));
  };
  backends.respond = () => {
    if (backends.posts.length < 3) throw new Error('away');
  };
  await announce('b@example.org');
  await announce('c@example.org');
  await eventually('both arrive', async () => {
    await server.nextAttempt();
    return backends.posts.length === 4;
  });
  t.strictSame(
    backends.posts.map(({ url, event }) => [url, event.email]),
    ['b', 'b', 'b', 'c'].map((name) => [webhookUrl, `${name}@example.org`]),
  );
  await eventually('none waits', async () => (await server.messages()).length === 0);

  backends.respond = () => {
    throw new UndeliverableError('HTTP status 404');
  };
  await announce('d@example.org');
  await eventually('it is given up', async () => (await server.messages())[0]?.error === 'HTTP status 404');
  t.equal(backends.posts.length, 5);

  backends.respond = () => {
    throw new Error('away');
  };
  await announce('e@example.org');
  await eventually('it is tried', () => backends.posts.length === 6);
  await eventually('and waits', async () => (await server.messages()).at(-1)?.attempts === 1);
  clock.advance(25 * 60 * minute);
  await eventually('it is too old', async () => {
    return (await server.messages()).at(-1)?.error === 'The notification is too old';
  });
  t.equal(backends.posts.length, 6);
});

t.test('what cannot be read stops the start', async (t) => {
  const database = await (await testEngine(t, 'SQLite')).open();
  t.throws(() => new AnnouncingServer(t, database, { smtpUrl: 'http://x' }), StartError);
  t.throws(() => new AnnouncingServer(t, database, { mailFrom: 'nobody' }), StartError);
});

t.test('the configured sender is the sender', async (t) => {
  const database = await (await testEngine(t, 'SQLite')).open();
  const server = new AnnouncingServer(t, database, { smtpUrl, mailFrom: '"Meet, Inc." <meet@example.org>' });
  await server.announce(sampleChange(['sender@example.org']));
  const [mail] = await smtp.mailsTo('sender@example.org');
  t.equal(mail?.sender, 'meet@example.org');
  t.strictSame(mail && headersOf(mail, 'from'), ['"Meet, Inc." <meet@example.org>']);
});
