// No secret of accounts, servers, invitations and the database is in the log, whatever happens to those who use them.
import { writeFile } from 'node:fs/promises';
import t from 'tap';
import { sharedPostgres } from '../database/engines.ts';
import { customerKey, type NamedRecorder, RecorderCustomer } from '../end-to-end/recorder-customer.ts';
import { eventually } from '../eventually.ts';
import { Receiver } from '../net/receiver.ts';
import { RunningServer } from '../running-server.ts';
import { SmtpServer } from '../scheduling/mail/smtp-server.ts';

/** What only those may know whom it was given to. */
const secrets = {
  callback: 'callback-7b0f3',
  callbackToken: 'callback-token-19ac2',
  database: 'database-5d8e1',
  smtp: 'smtp-e41c7',
  server: 'server-key-3f5b9',
  app: 'app-secret-a8d20',
  webhook: 'webhook-6c1f4',
  strangerKey: 'JOD-stranger-92b3d',
  wrongKey: 'wrong-key-0c7e6',
  wrongToken: 'wrong-recorder-token-d2a95',
};

const customer = await RecorderCustomer.open(t, { balance: 10, price: 0.5 });
const accounts = customer.variables.JOD_ACCOUNTS_FILE ?? '';
const domains = [{ domain: 'call.myjitsidomain.com', configured: true }];
const account = { name: 'acme', apiKey: customerKey, callbackSecret: secrets.callback, balance: 10, domains };
await writeFile(accounts, JSON.stringify({ accounts: [account] }));
const smtp = await SmtpServer.start(t, { user: 'mailer', password: secrets.smtp });
const hooks = await Receiver.start(t);
const postgres = await sharedPostgres();
const url = (await postgres.createDatabase()).replace('shoal@', `shoal:${secrets.database}@`);
const hook = `${hooks.url}?token=${secrets.webhook}`;
const conferenceServer = {
  ...{ id: 1, url: 'meet.example.org', apiKey: secrets.server, users: ['*'] },
  ...{ appId: 'id', appSecret: secrets.app, allowClone: true, webhookUrl: hook },
};
const server = await RunningServer.start(t, {
  ...customer.variables,
  JOD_RECORDER_AUTH: 'token',
  SHOAL_DATABASE_URL: url,
  JITSI_ADMIN_SERVERS: JSON.stringify([conferenceServer]),
  JITSI_ADMIN_SMTP_URL: `smtp://mailer:${secrets.smtp}@127.0.0.1:${smtp.port}`,
});
customer.host = server.host;
const callbackUrl = `${customer.receiver.url}?token=${secrets.callbackToken}`;

async function schedule(method: string, path: string, key: string, fields: Record<string, string>) {
  const response = await fetch(`http://${server.host}/api/v1${path}`, {
    ...{ method, headers: { authorization: `Bearer ${key}` }, body: new URLSearchParams(fields) },
  });
  return (await response.json()) as { readonly error: boolean; readonly uid: string };
}

/** What became known while the server was used. */
const learnt: string[] = [];

t.test('recorders are ordered and driven, with right and wrong keys', async (t) => {
  const reply = (response: { writeHead(status: number): { end(): void } }) => response.writeHead(500).end();
  customer.receiver.script.push(reply);
  const recorders: NamedRecorder[] = await customer.ordered({ callback_url: callbackUrl });
  const [recorder] = recorders;
  if (!recorder?.recorder_token) throw new Error('The recorder has no token.');
  learnt.push(recorder.recorder_token);
  t.equal((await customer.drive(recorder, 'health')).status, 200);
  const stranger = { ...recorder, recorder_token: secrets.wrongToken };
  t.equal((await customer.drive(stranger, 'startService', {})).status, 401);
  t.equal((await customer.startSession({ recorder, sessionId: 's1', callName: 'nowhere' })) < 500, true);
  for (const changes of [{ apiKey: secrets.strangerKey }, { callback_url: `${callbackUrl}#${'x'.repeat(3000)}` }]) {
    t.not((await customer.order(changes)).status, 200);
  }
  await server.logged('Recorders were ordered.');
  await server.logged('A message was not delivered; it is sent again later.');
});

t.test('an accounts file that is broken is told of', async () => {
  await writeFile(
    accounts,
    `{"accounts":[{"name":"acme","apiKey":"${customerKey}" "callbackSecret":"${secrets.callback}"}]}`,
  );
  await server.logged('The accounts file has changed but is not used: earlier accounts stay.');
});

t.test('conferences are scheduled, announced and joined', async (t) => {
  hooks.script.push((response) => response.writeHead(500).end());
  const start = `@${Math.floor(Date.now() / 1000)}`;
  const fields = { email: 'ada@example.org', name: 'Standup', duration: '60', server: 'meet.example.org', start };
  t.equal((await schedule('POST', '/room', secrets.wrongKey, fields)).error, true);
  const { uid } = await schedule('POST', '/room', secrets.server, fields);
  await schedule('POST', '/user', secrets.server, { uid, email: 'never@example.org' });
  await server.logged('A message was given up.');
  const cloned = { name: 'clone', url: 'clone.example.org', app_id: 'id', app_secret: secrets.app };
  t.equal((await schedule('POST', '/server/create', secrets.server, cloned)).error, false);
  const [mail] = await smtp.mailsTo('ada@example.org');
  const text = mail?.parts.find(({ type }) => type === 'text/plain')?.content ?? '';
  const link = URL.parse(/https?:\S+/.exec(text)?.[0] ?? '');
  learnt.push(link?.searchParams.get('sig') ?? '', link?.searchParams.get('data') ?? '');
  const address = `http://${server.host}${link?.pathname}`;
  const headers = { accept: 'application/json' };
  const joined = await fetch(`${address}${link?.search}`, { headers });
  const { token } = (await joined.json()) as { readonly token: string };
  learnt.push(token);
  t.equal(joined.status, 200);
  t.equal((await fetch(`${address}${link?.search}0`, { headers })).status, 200, 'a bare address is believed');
  t.equal((await fetch(`${address}?data=none&sig=${secrets.wrongToken}`, { headers })).status, 403);
});

t.test('the database goes away', async (t) => {
  await postgres.kill('SIGINT');
  const { status } = await customer.order({ callback_url: callbackUrl });
  t.equal(status, 503);
  await server.logged('The database is not available.');
  t.match(await schedule('POST', '/user', secrets.server, { uid: 'a'.repeat(32), email: 'b@example.org' }), {
    error: true,
  });
  await postgres.start();
  await eventually('it heals', async () => (await fetch(`http://${server.host}/ready`)).status === 200);
});

t.test('the metrics count what has happened', async (t) => {
  const metrics = await (await fetch(`http://127.0.0.1:${server.server.metricsPort}/metrics`)).text();
  const lines = ['shoal_database_writable 1', 'shoal_deployments{state="active"} 1'];
  for (const line of [...lines, 'shoal_outbox_messages{topic="mail",state="failed"} 1']) t.match(metrics, line);
});

t.test('none of them is in the log', async (t) => {
  const log = JSON.stringify(server.log);
  t.equal(learnt.filter((secret) => secret.length > 20).length, 4, 'all were learnt');
  for (const secret of [customerKey, ...Object.values(secrets), ...learnt]) {
    const written = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
    t.notOk(
      written.some((form) => log.includes(form)),
      secret,
    );
  }
});
