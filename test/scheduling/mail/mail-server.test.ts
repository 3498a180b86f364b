import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Secret } from '../../../src/config/secret.ts';
import { UndeliverableError } from '../../../src/database/outbox.ts';
import { type Announcement, announcementsOf } from '../../../src/scheduling/announcement.ts';
import { announcementMail } from '../../../src/scheduling/mail/announcement-mail.ts';
import { MailServer } from '../../../src/scheduling/mail/mail-server.ts';
import { parseMailServer } from '../../../src/scheduling/mail/mail-server-address.ts';
import { oneLine } from '../../../src/scheduling/one-line.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { makeCertificate } from '../../component/sip/transport/test-certificate.ts';
import { sampleAnnouncement, sampleChange, sampleConference, sampleUser } from '../announcement-samples.ts';
import { headersOf, type ReceivedMail, SmtpServer } from './smtp-server.ts';

const forever = new AbortController().signal;

function mailServer(t: Pick<Test, 'teardown'>, url: string): MailServer {
  const server = new MailServer(parseMailServer(new Secret(url)));
  t.teardown(() => server.close());
  return server;
}

const settings = {
  links: { personal: () => 'https://meet.example.org/join' },
  ...{ sender: undefined, timeZone: 'Europe/Berlin', clock: new HeldClock(sampleAnnouncement().at) },
};

const smtp = await SmtpServer.start(t);
const server = mailServer(t, `smtp://127.0.0.1:${smtp.port}`);

/** @param to the address says what the mail server does with it */
function mailTo(to: string, values: Partial<Announcement> = {}) {
  return announcementMail('id', sampleAnnouncement({ recipient: { name: '', address: to }, ...values }));
}

/** Sends an announcement. @returns the mail as another program reads it */
async function arrived(to: string, values: Partial<Announcement> = {}): Promise<ReceivedMail> {
  await server.send(mailTo(to, values), forever);
  const [mail] = await smtp.mailsTo(to);
  if (!mail) throw new Error('No mail arrived.');
  return mail;
}

t.test('an invitation is text, HTML and a calendar, which is an alternative and a file', async (t) => {
  const mail = await arrived('b@example.org');
  t.strictSame([mail.sender, mail.recipients], ['no-reply@meet.example.org', ['b@example.org']]);
  t.strictSame(mail.defects, []);
  t.strictSame(mail.structure, [
    ...['multipart/mixed', 'multipart/alternative', 'text/plain', 'text/html', 'text/calendar', 'application/ics'],
  ]);
  const [text, html, calendar, file] = mail.parts;
  const { subject, text: written, html: page } = mailTo('b@example.org');
  t.equal(text?.content.replaceAll('\r\n', '\n').trim(), written.trim());
  t.equal(html?.content.replaceAll('\r\n', '\n').trim(), page.trim());
  t.match(calendar?.parameters, { method: 'REQUEST', charset: /^utf-8$/i });
  t.match(file, { disposition: 'attachment', file: 'invite.ics' });
  t.match(calendar?.calendar?.calendars, [{ name: 'VCALENDAR', components: [{ name: 'VEVENT' }] }]);
  t.strictSame(file?.calendar, calendar?.calendar, 'both are the same');
  t.strictSame(
    ['from', 'to', 'reply-to', 'subject', 'message-id', 'auto-submitted', 'date'].map((name) => headersOf(mail, name)),
    [
      ...[['no-reply@meet.example.org'], ['b@example.org'], ['a@example.org'], [subject]],
      ...[['<id@meet.example.org>'], ['auto-generated'], ['Thu, 01 Jul 2021 10:00:00 +0000']],
    ],
  );
});

t.test('a cancellation says so in its media type', async (t) => {
  const mail = await arrived('cancelled@example.org', { type: 'room.deleted' });
  t.match(mail.parts[2], { type: 'text/calendar', parameters: { method: 'CANCEL' } });
});

t.test('the moderator is not asked to answer himself', async (t) => {
  const mail = await arrived('a@example.org');
  t.strictSame(headersOf(mail, 'reply-to'), []);
});

t.test('names of strangers make no header, no part and no address', async (t) => {
  const names = [
    'x\r\nBcc: evil@example.org\r\n\r\n--boundary',
    '"; method=CANCEL\r\n\r\n<b>',
    '=?utf-8?q?=0d=0aBcc:_evil=40example.org?=',
    'Besprechung über Äpfel 😀 اجتماع \u202e',
    'evil@example.org, <evil@example.org>',
    'x'.repeat(1_000_000),
  ];
  for (const [index, name] of names.entries()) {
    const to = `names${index}@example.org`;
    const [moderator, recipient] = ['boss@example.org', to].map((email, id) =>
      sampleUser(id, email, { lastName: name }),
    );
    if (!moderator || !recipient) throw new Error('There are two.');
    const conference = sampleConference({ name, moderator });
    const [announcement] = announcementsOf(sampleChange([], { conference, recipients: [recipient] }), settings);
    const mail = await arrived(to, announcement);
    t.strictSame(mail.recipients, [to]);
    t.strictSame(mail.defects, []);
    t.strictSame(headersOf(mail, 'bcc'), []);
    const line = oneLine(name, 200);
    t.strictSame(headersOf(mail, 'subject'), [`Einladung / Invitation: ${line.replace('=?', '= ?')}`]);
    t.match(headersOf(mail, 'to'), [to]);
    t.equal(mail.structure.length, 6);
    t.ok(mail.longest <= 998, 'RFC 5322 2.1.1');
    t.equal(mail.parts[2]?.parameters.method, 'REQUEST');
    t.equal(mail.parts[2]?.calendar?.calendars[0]?.components[0]?.properties.SUMMARY?.[0]?.value, line);
  }
});

t.test('an address of the strange kind is one address', async (t) => {
  for (const to of [`"a,b@c"@example.org`, `o'neil+x{y}|z@example.org`, `"\\\\;:"@example.org`]) {
    await server.send(mailTo(to), forever);
    t.equal((await smtp.mailsTo(to)).length, 1);
  }
});

t.test('an address that is none is given up, and nobody gets a mail', async (t) => {
  const count = smtp.mails.length;
  for (const address of [
    'x@example.org>\r\nRCPT TO:<y@example.org',
    'x@example.org\nBcc: y@example.org',
    'x',
    '',
    '"a<b>"@c.de',
  ]) {
    const mail = { ...mailTo('b@example.org'), to: { name: '', address } };
    await t.rejects(server.send(mail, forever), UndeliverableError);
  }
  await arrived('after@example.org');
  t.equal(smtp.mails.length, count + 1);
});

t.test('a refusal for good is told apart from one for now', async (t) => {
  const rows = [
    ['never@example.org', UndeliverableError],
    ['spam@example.org', UndeliverableError],
    ['later@example.org', Error],
    ['busy@example.org', Error],
    ['cut@example.org', Error],
  ] as const;
  for (const [to, kind] of rows) {
    const error = await server.send(mailTo(to), forever).catch((reason: unknown) => reason);
    t.equal((error as Error).constructor, kind, to);
    t.ok((error as Error).message.length <= 300);
  }
  for (const to of ['later@example.org', 'busy@example.org']) await server.send(mailTo(to), forever);
  t.equal((await smtp.mailsTo('later@example.org')).length, 1);
  t.equal((await smtp.mailsTo('busy@example.org')).length, 1);
});

t.test('a mail that is not accepted is abandoned when that is wanted', async (t) => {
  const abort = new AbortController();
  const sending = server.send(mailTo('hold@example.org'), abort.signal);
  await smtp.told('held');
  abort.abort();
  const error = await sending.catch((reason: unknown) => reason);
  t.equal((error as Error).constructor, Error, 'it is not given up');
});

t.test('a server that is away, or that closes connections, or that is none', async (t) => {
  const rude = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
  const silent = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  t.teardown(() => [rude, silent].map((each) => each.close()));
  const urls = ['smtp://127.0.0.1:1', `smtp://127.0.0.1:${port(rude)}`, `smtp://127.0.0.1:${port(silent)}`];
  for (const url of urls) {
    const error = await mailServer(t, url)
      .send(mailTo('b@example.org'), forever)
      .catch((reason: unknown) => reason);
    t.equal((error as Error).constructor, Error, url);
  }
});

t.test('who must log in does, over TLS', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-mail-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const { key, cert } = await makeCertificate('IP:127.0.0.1');
  const files = { key: join(folder, 'key.pem'), certificate: join(folder, 'cert.pem') };
  await Promise.all([writeFile(files.key, key), writeFile(files.certificate, cert)]);
  const account = { user: 'meet@example.org', password: 'p:ss %' };
  const login = 'meet%40example.org:p%3Ass%20%25';

  for (const [tls, scheme] of [['starttls', 'smtp'] as const, ['implicit', 'smtps'] as const]) {
    const guarded = await SmtpServer.start(t, { ...files, ...account, tls });
    const url = (user: string) => `${scheme}://${user}@127.0.0.1:${guarded.port}`;
    const strict = mailServer(t, url(login));
    await t.rejects(strict.send(mailTo('b@example.org'), forever), /certificate/, 'nobody knows the certificate');
    t.equal(guarded.events.filter(({ event }) => event === 'login').length, 0);

    const trusting = mailServer(t, `${url(login)}?tls.rejectUnauthorized=false`);
    await trusting.send(mailTo('b@example.org'), forever);
    t.match(await guarded.mailsTo('b@example.org'), [{ login: true, encrypted: true }]);

    const wrong = mailServer(t, `${url('meet:topsecret')}?tls.rejectUnauthorized=false`);
    const error = await wrong.send(mailTo('b@example.org'), forever).catch((reason: unknown) => reason);
    t.equal((error as Error).constructor, Error, 'an operator can change it');
    t.notMatch((error as Error).message, /topsecret/);
    t.strictSame(Object.keys(error as Error), [], 'nothing else is told');
  }
});

t.test('a password is not sent to a server without TLS', async (t) => {
  const plain = await SmtpServer.start(t, { user: 'u', password: 'p' });
  const careful = mailServer(t, `smtp://u:p@127.0.0.1:${plain.port}?requireTLS=true`);
  await t.rejects(careful.send(mailTo('b@example.org'), forever));
  t.strictSame(plain.events, [], 'it did not try');
  await mailServer(t, `smtp://u:p@127.0.0.1:${plain.port}`).send(mailTo('b@example.org'), forever);
  t.match(await plain.mailsTo('b@example.org'), [{ login: true, encrypted: false }], 'on this machine it is');
});

function port(listener: ReturnType<typeof createServer>): number {
  const address = listener.address();
  return typeof address === 'object' && address ? address.port : 0;
}
