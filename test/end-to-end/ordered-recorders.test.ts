// Recorders on demand, from the order to the film: docs/contracts/jod.md 2, 5, 7 and 8.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { commandOutput } from '../command-output.ts';
import { SampleMedia } from '../component/file/sample-media.ts';
import { eventually } from '../eventually.ts';
import { RunningServer } from '../running-server.ts';
import { RecordedProgram } from './recorded-program.ts';
import { type NamedRecorder, RecorderCustomer } from './recorder-customer.ts';

const customer = await RecorderCustomer.open(t, { recorders: 4 });
// An hour is a second.
const variables = {
  ...customer.variables,
  JOD_HOUR_SECONDS: '1',
  JOD_MAX_DURATION_HOURS: '100000',
  JOD_EXPIRY_GRACE: '5',
};
const long = '50000';
const server = await RunningServer.start(t, variables);
customer.host = server.host;
const { resourcesBasePath, jibri } = server.config;
const media = await SampleMedia.at(resourcesBasePath);
await Promise.all([media.h264('picture.h264', { frames: 1800 }), media.opus('sound.ogg', 60)]);
await server.createRoom({ roomId: 'standup' });
for (const filePath of ['picture.h264', 'sound.ogg']) {
  await server.ask('POST', '/room/standup/component', { type: 'file', options: { filePath } });
}

/** Ends a deployment as its administrator. */
async function end(deploymentId: string): Promise<void> {
  const command = join(import.meta.dirname, '../../src/ondemand/command-line.ts');
  const env = { ...process.env, ...variables, FJ_RESOURCES_BASE_PATH: resourcesBasePath };
  await commandOutput(process.execPath, [command, 'end', deploymentId], { env });
}

const directoryOf = ({ recorder_id }: NamedRecorder, sessionId: string) =>
  join(jibri.recordings, `${recorder_id}_${sessionId}`);

/** Waits until a session has recorded some seconds. */
const recorded = (directory: string) =>
  eventually('some seconds of it', async () => {
    const [part = ''] = (await readdir(directory)).filter((name) => name.endsWith('.mp4.part'));
    return (await stat(join(directory, part))).size > 60_000;
  });

async function film(directory: string): Promise<RecordedProgram> {
  const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.mp4'));
  return await RecordedProgram.read(join(directory, file));
}

const statuses = (recorders: readonly NamedRecorder[]) => Promise.all(recorders.map((each) => customer.status(each)));

t.test('three recorders are ordered, and one of them records', async (t) => {
  let found: string[] = [];
  customer.onCallback(async ({ body }) => {
    found = await statuses(JSON.parse(body.toString()).deployment_info.recorders);
  });
  const { status, json } = await customer.order({ recorders: '3', duration: long, location: 'FRA' });
  t.equal(status, 200);
  const { deployment_info: info, ...told } = await customer.callback(json.deployment_id);
  const recorders: NamedRecorder[] = info.recorders;
  await eventually('looked at', () => found.length > 0);
  t.strictSame(customer.seen, ['response', 'callback'], 'the callback comes after the response');
  t.strictSame(found, ['IDLE', 'IDLE', 'IDLE'], 'each is there by then');
  t.strictSame(told, { it: 'worked', message: 'deployment successful' });
  t.equal(info.deployment_id, json.deployment_id);
  t.equal(new Set(recorders.map(({ recorder_id }) => recorder_id)).size, 3);
  for (const { recorder_ip, recorder_port, recorder_url } of recorders) {
    t.equal(recorder_ip, '127.0.0.1');
    t.equal(recorder_url, `http://127.0.0.1:${recorder_port}`);
  }
  const [first, second] = recorders as [NamedRecorder, NamedRecorder];
  t.equal(await customer.startSession({ recorder: first, sessionId: 's1', callName: 'standup' }), 200);
  const directory = directoryOf(first, 's1');
  await recorded(directory);
  t.strictSame(await statuses(recorders), ['BUSY', 'IDLE', 'IDLE'], 'the others are idle');
  t.match(await server.ask('GET', `/recorders/${first.recorder_id}/jibri/api/v1.0/health`), {
    json: { status: { busyStatus: 'BUSY' } },
  });
  const alias = `http://${server.host}/recorders/${second.recorder_id}/jibri/api/v1.0/health`;
  t.match(await (await fetch(alias)).json(), { busy: false }, 'customers have no token of the API');
  t.equal(
    await customer.startSession({ recorder: second, sessionId: 's2', callName: 'standup', host: 'other.example' }),
    200,
  );
  await eventually('it could not be joined', async () => (await customer.status(second)) === 'IDLE');
  t.match(await customer.drive(first, 'stopService'), { status: 200, text: '' });
  const names = await readdir(directory);
  t.match(names.sort(), [/^metadata\.json$/, /^standup_\d{4}(-\d\d){5}\.mp4$/]);
  t.match(JSON.parse(await readFile(join(directory, 'metadata.json'), 'utf8')), {
    meeting_url: 'https://call.myjitsidomain.com/standup',
  });
  const program = await film(directory);
  t.strictSame(program.streams.map(({ codec_name }) => codec_name).sort(), ['aac', 'h264']);
  t.ok(program.duration > 0.5, `${program.duration} s can be played`);
  t.ok(program.loudness(440) > 10 * program.loudness(3300), 'the room is heard');
  t.strictSame(await statuses(recorders), ['IDLE', 'IDLE', 'IDLE']);
  await end(json.deployment_id);
  await eventually('gone', async () => (await statuses(recorders)).every((each) => each === 'gone'));
});

t.test('at the end a session may go on for the grace; nothing else begins', async (t) => {
  const { json } = await customer.order({ recorders: '2', duration: long });
  const { deployment_info } = await customer.callback(json.deployment_id);
  const recorders: NamedRecorder[] = deployment_info.recorders;
  const [busy, idle] = recorders as [NamedRecorder, NamedRecorder];
  await customer.startSession({ recorder: busy, sessionId: 'late', callName: 'standup' });
  const directory = directoryOf(busy, 'late');
  await recorded(directory);
  await end(json.deployment_id);
  await eventually('drained', async () => (await customer.status(idle)) !== 'IDLE');
  t.equal(await customer.startSession({ recorder: busy, sessionId: 'more', callName: 'standup' }), 412);
  t.equal(await customer.status(busy), 'BUSY');
  await eventually('gone', async () => (await statuses(recorders)).every((each) => each === 'gone'));
  t.ok((await film(directory)).duration > 0.5, 'what was stopped is complete');
});

t.test(
  'recorders that are in use are in no other order, and their addresses are free when the hours are over',
  async (t) => {
    const whole = await customer.order({ recorders: '4', duration: long });
    const { deployment_info } = await customer.callback(whole.json.deployment_id);
    const { json } = await customer.order({ recorders: '1', duration: long });
    t.strictSame(await customer.callback(json.deployment_id), {
      ...{ it: 'failed', message: 'recorders not available in specified location', deployment_id: json.deployment_id },
    });
    await end(whole.json.deployment_id);
    await eventually('gone', async () => (await statuses(deployment_info.recorders)).every((each) => each === 'gone'));
    const short = await untilOrdered('1');
    await eventually('gone', async () => (await statuses(short)).every((each) => each === 'gone'));
    for (const { recorder_id } of short) {
      const { status } = await fetch(`http://${server.host}/recorders/${recorder_id}/jibri/api/v1.0/health`);
      t.equal(status, 404);
    }
    const after = await untilOrdered(long);
    const ids = [...deployment_info.recorders, ...short, ...after].map(({ recorder_id }) => recorder_id);
    t.equal(new Set(ids).size, 12, 'ids are not used again');
  },
);

/** Orders the whole pool, which is free a moment after its ports are. */
async function untilOrdered(duration: string): Promise<NamedRecorder[]> {
  let recorders: NamedRecorder[] = [];
  await eventually('ordered', async () => {
    recorders = await customer.ordered({ recorders: '4', duration });
    return true;
  });
  return recorders;
}
