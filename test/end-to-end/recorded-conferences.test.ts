// Scheduled conferences that are recorded: docs/contracts/jitsi-admin.md 6, docs/contracts/jibri.md 2.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'node:querystring';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { startBody } from '../jibri/running-jibri.ts';
import { RunningServer, type ServerReply } from '../running-server.ts';
import { RecordedProgram } from './recorded-program.ts';
import { RecorderCustomer } from './recorder-customer.ts';
import { TonePeer } from './tone-peer.ts';

const key = 'TestApi';
const customer = await RecorderCustomer.open(t, { recorders: 1 });
const server = await RunningServer.start(t, {
  ...customer.variables,
  JITSI_ADMIN_SERVERS: JSON.stringify([{ id: 1, url: 'meet.example.org', apiKey: key, users: ['*'] }]),
});
customer.host = server.host;
const base = `http://${server.host}`;

async function backend(method: string, path: string, values: Record<string, string>): Promise<ServerReply['json']> {
  const response = await fetch(`${base}/api/v1${path}?${stringify(values)}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
  });
  return await response.json();
}

/** A conference of this hour, and how its moderator joins. */
async function schedule() {
  const fields = { email: 'ann@example.org', name: 'Standup', duration: '60', server: 'meet.example.org' };
  const { uid } = await backend('POST', '/room', fields);
  const { joinBrowser } = await backend('GET', `/info/${uid}`, {});
  const enter = async (): Promise<ServerReply['json']> => {
    const query = stringify({ email: 'ann@example.org', name: 'Ann' });
    const response = await fetch(`${base}${new URL(joinBrowser).pathname}?${query}`, {
      headers: { accept: 'application/json' },
    });
    return await response.json();
  };
  return { uid, enter };
}

const recorder = (call: string, body?: unknown) =>
  server.ask(body === undefined ? 'GET' : 'POST', `/jibri/api/v1.0/${call}`, body);

async function start(sessionId: string, callName: string) {
  const callParams = { callUrlInfo: { baseUrl: 'https://meet.example.org', callName } };
  t.equal((await recorder('startService', startBody({ sessionId, callParams }))).status, 200);
}

const directoryOf = (sessionId: string) => join(server.config.jibri.recordings, sessionId);

/** Waits until a session has recorded some seconds. */
const recorded = (sessionId: string) =>
  eventually('some seconds of it', async () => {
    const [part = ''] = (await readdir(directoryOf(sessionId))).filter((name) => name.endsWith('.mp4.part'));
    return (await stat(join(directoryOf(sessionId), part))).size > 30_000;
  });

const status = async (): Promise<string> => (await recorder('health')).json.status.busyStatus;

async function film(sessionId: string, statusOf = status): Promise<RecordedProgram> {
  await eventually('idle', async () => (await statusOf()) === 'IDLE');
  const [file = ''] = (await readdir(directoryOf(sessionId))).filter((name) => name.endsWith('.mp4'));
  return await RecordedProgram.read(join(directoryOf(sessionId), file));
}

t.test('a conference is recorded by its uid, at the same time by a recorder on demand', async (t) => {
  const { uid, enter } = await schedule();
  const { room_id: number, peer_id: id, token } = await enter();
  const ann = await TonePeer.connect(t, server, { id, token }, 440);
  await start('by-uid', uid);
  const [ordered] = await customer.ordered();
  if (!ordered) throw new Error('No recorder was ordered.');
  t.equal(await customer.startSession({ recorder: ordered, sessionId: 'on-demand', callName: uid }), 200);
  const onDemand = `${ordered.recorder_id}_on-demand`;
  await recorded('by-uid');
  await recorded(onDemand);
  t.strictSame(
    (await server.ask('GET', '/room')).json.data.map((room: { id: string }) => room.id),
    [number],
    'there is no room of that name',
  );
  t.equal((await customer.drive(ordered, 'stopService')).status, 200);
  const other = await film(onDemand, () => customer.status(ordered));
  t.ok(other.loudness(440) > 10 * other.loudness(3300), 'Ann is heard there, too');
  t.equal((await recorder('stopService', {})).status, 200);
  const program = await film('by-uid');
  t.strictSame(program.streams.map(({ codec_name }) => codec_name).sort(), ['aac', 'h264']);
  t.ok(program.duration > 0.5, `${program.duration} s can be played`);
  t.ok(program.loudness(440) > 10 * program.loudness(3300), 'Ann is heard');
  const { participants } = JSON.parse(await readFile(join(directoryOf('by-uid'), 'metadata.json'), 'utf8'));
  t.match(JSON.stringify(participants), /Ann/);
  await ann.close();
});

t.test('a recorder may be the first, and a deleted conference ends its recording', async (t) => {
  const { uid, enter } = await schedule();
  await start('first', uid);
  await eventually('there is a room', async () => (await server.ask('GET', '/room')).json.data.length === 2);
  const { room_id: number, peer_id: id, token } = await enter();
  const ann = await TonePeer.connect(t, server, { id, token }, 880);
  t.match((await server.ask('GET', `/room/${number}/metadata`)).json.data, { uid, moderator: 'ann@example.org' });
  await recorded('first');
  t.match(await backend('DELETE', '/room', { uid }), { error: false });
  t.strictSame(await ann.client.closed, { code: 1000, reason: 'Room stopped' });
  const program = await film('first');
  t.ok(program.loudness(880) > 10 * program.loudness(3300), 'what was said until then is heard');
});
