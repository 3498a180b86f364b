import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { decodeServerMessage, EventType } from '../../src/notification/server-message.ts';
import { eventually } from '../eventually.ts';
import { NotificationSocket } from '../notification-socket.ts';
import { RunningProcess } from '../running-process.ts';
import { apiToken } from '../running-server.ts';
import { headersOf, SmtpServer } from '../scheduling/mail/smtp-server.ts';

const webhookSecret = 'w'.repeat(32);

/** A backend that is called, and keeps the bytes with their headers. */
async function webhookReceiver(t: Test) {
  const calls: { readonly body: Buffer; readonly signature: unknown; readonly type: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const { 'x-fishjam-signature-256': signature, 'content-type': type } = request.headers;
    calls.push({ body: await buffer(request), signature, type });
    response.end();
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  return { calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

/** What a conference event says. */
function changeOf(bytes: Uint8Array) {
  const { content } = decodeServerMessage(bytes);
  return content.case === 'conferenceChanged' ? content.value : undefined;
}

t.test(
  'a change is told by mail, on sockets and by webhook, and a mail survives the death of the server',
  async (t) => {
    const [smtp, backend, folder] = [
      await SmtpServer.start(t),
      await webhookReceiver(t),
      await mkdtemp(join(tmpdir(), 'shoal-mails-')),
    ];
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const entry = { id: 1, url: 'meet.example.org', apiKey: 'TestApi', users: ['*'], webhookUrl: backend.url };
    const variables = {
      FJ_RESOURCES_BASE_PATH: folder,
      JITSI_ADMIN_SERVERS: JSON.stringify([entry]),
      JITSI_ADMIN_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      SHOAL_WEBHOOK_SECRET: webhookSecret,
      SHOAL_WORKERS: '1',
    };
    const start = async () => await (await RunningProcess.start(t, variables)).ready();
    const server = await start();
    const ask = async (method: string, path: string, fields: Record<string, string>) => {
      const headers = { authorization: 'Bearer TestApi' };
      const body = new URLSearchParams(fields);
      const response = await fetch(`http://${server.host}${path}`, { method, headers, body });
      return (await response.json()) as { error: boolean; uid?: string };
    };
    const socket = await NotificationSocket.open(t, server.host, apiToken, [EventType.CONFERENCE]);
    const deaf = await NotificationSocket.open(t, server.host, apiToken);

    const fields = {
      email: 'a@example.org',
      name: 'Planning',
      duration: '45',
      server: entry.url,
      start: '2099-07-01T13:00',
    };
    const { error, uid = '' } = await ask('POST', '/api/v1/room', fields);
    t.notOk(error);
    const [mail] = await smtp.mailsTo('a@example.org');
    await eventually('the backends are told', () => backend.calls.length === 1 && socket.frames.length === 1);
    const [call] = backend.calls;
    const [frame] = socket.frames;
    if (!call || !frame || !mail) throw new Error('Nobody was told.');
    t.strictSame(call.body, frame, 'both are told the same');
    t.equal(call.type, 'application/x-protobuf');
    t.equal(call.signature, `sha256=${createHmac('sha256', webhookSecret).update(call.body).digest('hex')}`);
    const change = changeOf(frame);
    t.match(change, {
      ...{ type: 'room.created', uid, serverId: 1, name: 'Planning', email: 'a@example.org' },
      ...{ start: '2099-07-01T11:00:00.000Z', end: '2099-07-01T11:45:00.000Z', number: /^\d+$/ },
    });
    t.equal(mail.parts[2]?.content.replaceAll('\r\n', '\n'), change?.calendar.replaceAll('\r\n', '\n'));
    t.ok(mail.parts[0]?.content.includes(change?.joinUrl ?? '?'));
    t.match(headersOf(mail, 'from'), ['no-reply@meet.example.org']);
    t.strictSame(deaf.frames, [], 'who did not subscribe is told nothing');

    await ask('POST', '/api/v1/user', { uid, email: 'hold@example.org' });
    const [held] = await smtp.told('held');
    server.kill('SIGKILL');
    await server.ended;
    smtp.release();
    const again = await start();
    const id = held?.mail && headersOf(held.mail, 'message-id')[0];
    t.match(id, /^<.+@meet\.example\.org>$/);
    // What was in the hands of the dead server is sent when its claim is over.
    await smtp.told('held', 2);
    const ids = (await smtp.mailsTo('hold@example.org')).map((each) => headersOf(each, 'message-id')[0]);
    t.strictSame([...new Set(ids)], [id], 'with the same Message-ID');
    t.ok(again.output.includes('Shoal is ready.'));
    t.notMatch(server.output + again.output, /w{32}|TestApi/);
  },
);
