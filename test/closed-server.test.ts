// After close() of the server no timer, socket, process or port is left, whatever its rooms were doing.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { SampleMedia } from './component/file/sample-media.ts';
import { ScriptedProvider } from './component/sip/scripted-provider.ts';
import { RecorderCustomer } from './end-to-end/recorder-customer.ts';
import { eventually } from './eventually.ts';
import { startBody } from './jibri/running-jibri.ts';
import { OpenResources } from './open-resources.ts';
import { PeerClient } from './peer-client.ts';
import { PortBlock } from './port-block.ts';
import { allGone } from './running-process.ts';
import { apiToken, RunningServer } from './running-server.ts';

/** Ids of the processes below this one (Linux). */
async function descendants(pid = process.pid): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = list.split(' ').filter(Boolean).map(Number);
  const below = await Promise.all(children.map((child) => descendants(child)));
  return [...children, ...below.flat()];
}

/** Nobody listens there. */
const nowhere = 'http://127.0.0.1:9/';

/** The response has no content type. */
async function dial({ host }: RunningServer, path: string): Promise<void> {
  const headers = { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ phoneNumber: '1' });
  const { status } = await fetch(`http://${host}${path}`, { method: 'POST', headers, body });
  if (status !== 201) throw new Error(`${path}: ${status}`);
}

t.test('after close() no timer, socket, process or port is left', async (t) => {
  const media = await SampleMedia.open(t);
  await media.h264('picture.h264', { frames: 1800 });
  const registrar = await ScriptedProvider.open(t);
  const { min } = await PortBlock.claim(t);
  const customer = await RecorderCustomer.open(t);
  const processesBefore = await descendants();
  const resources = new OpenResources();
  t.teardown(() => resources.close());
  const variables = {
    ...customer.variables,
    JIBRI_HTTP_API_EXTERNAL_PORT: undefined,
    JITSI_ADMIN_SERVERS: JSON.stringify([
      { id: 1, url: 'meet.example', apiKey: 'key', users: ['*'], webhookUrl: nowhere },
    ]),
    JITSI_ADMIN_SMTP_URL: 'smtp://127.0.0.1:9',
    JITSI_ADMIN_PRECREATE: 'true',
    FJ_RESOURCES_BASE_PATH: media.resources,
    SHOAL_HLS_EDGES: '2',
    JIBRI_RECORDING_DIR: join(media.resources, 'sessions'),
    SHOAL_PROGRAM_SIZE: '320x180',
    SHOAL_RECORDING_LOCAL: 'true',
    FJ_SIP_IP: '127.0.0.1',
    SHOAL_SIP_RTP_PORT_RANGE: `${min}-${min + 10}`,
  };
  const server = await RunningServer.start(t, variables, () => resources.watch());
  const post = async (path: string, body: unknown) => {
    const { status, json } = await server.ask('POST', path, body);
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`);
    return json;
  };
  const backend = await server.subscribe();
  const roomId = await server.createRoom({ roomId: 'standup', videoCodec: 'h264' });
  const peer = await PeerClient.join(t, server.host, (await server.addPeer(roomId)).token);
  await post(`/room/${roomId}/component`, { type: 'file', options: { filePath: 'picture.h264' } });
  await post(`/room/${roomId}/component`, { type: 'hls', options: { lowLatency: true } });
  await post(`/room/${roomId}/component`, { type: 'recording', options: {} });
  await post(`/room/${roomId}/component`, { type: 'rtsp', options: { sourceUri: 'rtsp://127.0.0.1:9/none' } });
  const registrarCredentials = { address: registrar.address, username: '1000', password: 'secret' };
  const phone = await post(`/room/${roomId}/component`, { type: 'sip', options: { registrarCredentials } });
  // And one that nobody registers.
  const nobody = { ...registrarCredentials, address: '127.0.0.1:9' };
  await post(`/room/${roomId}/component`, { type: 'sip', options: { registrarCredentials: nobody } });
  await post(`/room/${roomId}/output`, { type: 'file' });
  await post(`/room/${roomId}/output`, { type: 'rtmp', options: { url: 'rtmp://127.0.0.1:9/live/key' } });
  await post('/jibri/api/v1.0/startService', startBody());
  const conference = { email: 'a@example.org', name: 'Standup', duration: '60', server: 'meet.example' };
  const scheduled = await fetch(`http://${server.host}/api/v1/room`, {
    ...{ method: 'POST', headers: { authorization: 'Bearer key' }, body: new URLSearchParams(conference) },
  });
  t.match(await scheduled.json(), { error: false });
  // Its invitation waits for the next attempt.
  await server.logged('A message was not delivered; it is sent again later.');
  customer.host = server.host;
  const [recorder, idle] = await customer.ordered({ recorders: '2' });
  if (!recorder || !idle) throw new Error('There are no recorders.');
  await customer.startSession({ recorder, sessionId: 's2', callName: roomId });
  await eventually('the stream can be played', async () => {
    const response = await fetch(`http://${server.host}/hls/${roomId}/index.m3u8`);
    return response.status === 200 && (await response.text()).includes('#EXTM3U');
  });
  await server.logged('Processes that serve HLS viewers start.');
  // It says nothing, which ends the call after half a minute.
  await dial(server, `/sip/${roomId}/${phone.data.id}/call`);
  await eventually('the telephone is heard', async () => {
    const { call } = (await server.ask('GET', `/sip/${roomId}/${phone.data.id}/call`)).json.data;
    return call?.state === 'in_call';
  });
  const processes = (await descendants()).filter((pid) => !processesBefore.includes(pid));
  t.ok(processes.length > 4, 'media worker, coturn, composer with its ffmpeg, track recorder and telephony worker run');

  await server.server.close();
  t.equal(registrar.requests('BYE').length, 1, 'the telephone was told');
  // It has timers of its own.
  await registrar.close();
  await Promise.all([peer.closed, backend.closed]);
  t.strictSame(await descendants(), processesBefore);
  // Those that have lost their parent, too.
  await allGone(processes);
  // Handles are closed some turns of the event loop after close() was called on them.
  await eventually('nothing is open', () => resources.list.length === 0).catch(() => undefined);
  t.strictSame(resources.list, []);
});
