// Rooms as recorders, with real media: sections 6 and 7 of the recorder contract.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { startBody } from '../jibri/running-jibri.ts';
import { Receiver } from '../net/receiver.ts';
import { RtmpServer } from '../recorder/rtmp/rtmp-server.ts';
import { childrenOf } from '../workers/media/child-processes.ts';
import { RecordedProgram } from './recorded-program.ts';
import { RunningServer } from './running-server.ts';

const folder = t.testdir({});
const script = join(folder, 'finalize.sh');
await writeFile(script, '#!/bin/sh\nls "$1" > "$1/finalized"\n', { mode: 0o755 });
const receiver = await Receiver.start(t);
const server = await RunningServer.start(t, {
  JIBRI_INSTANCE_ID: 'rec',
  JIBRI_SLOTS: '2',
  JIBRI_RECORDING_DIR: folder,
  JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: script,
  JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url,
  SHOAL_PROGRAM_SIZE: '640x360',
});
const sources = join(server.config.resourcesBasePath, 'file_component_sources');

/** A participant: a picture and a tone; `flashing`: both for a tenth of each second. */
async function participant(roomId: string, name: string, colour: string, tone: number, flashing: boolean) {
  const when = flashing ? 'lt(mod(t,1),0.1)' : '1';
  const picture = `color=${colour}:s=320x180:r=30:d=60`;
  const dark = flashing ? ['-vf', `drawbox=c=black:t=fill:enable='gte(mod(t,1),0.1)'`] : [];
  const sound = `aevalsrc=0.2*sin(2*PI*${tone}*t)*${when.replaceAll(',', '\\,')}:s=48000:d=60`;
  const coding = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-bf',
    '0',
    '-g',
    '30',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
  ];
  await execa('mkdir', ['-p', sources]);
  const path = join(sources, `${name}.mp4`);
  await execa('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    picture,
    '-f',
    'lavfi',
    '-i',
    sound,
    ...dark,
    ...coding,
    path,
  ]);
  const body = { type: 'file', options: { filePath: `${name}.mp4` } };
  const { status, json } = await server.ask('POST', `/room/${roomId}/component`, body);
  if (status !== 201) throw new Error(JSON.stringify(json));
}

const base = (slot: string) => `/recorders/${slot}/jibri/api/v1.0`;

/** @returns the bodies of session webhooks of a slot */
function sessions(slot: string): { session: { status: string; sessionId: string; failure: unknown } }[] {
  return receiver.requests
    .filter(({ path }) => path?.endsWith('/v1/session/status'))
    .map(({ body }) => JSON.parse(body.toString()))
    .filter(({ jibriId }) => jibriId === slot);
}

async function session(slot: string, status: string): Promise<void> {
  while (!sessions(slot).some(({ session }) => session.status === status)) {
    await receiver.received(receiver.requests.length + 1);
  }
}

t.test('a file and a stream of one room, with everybody in both', async (t) => {
  const rtmp = await RtmpServer.start(t);
  await server.createRoom({ roomId: 'standup' });
  await Promise.all([
    participant('standup', 'flash', 'white', 1000, true),
    participant('standup', 'red', 'red', 440, false),
    participant('standup', 'blue', 'blue', 2200, false),
  ]);
  const key = 'k"e y|[f=mp4]secret-key';
  const started = await server.ask('POST', `${base('rec')}/startService`, startBody());
  t.match(started, { status: 200, json: undefined });
  const stream = startBody({
    sessionId: 's2',
    sinkType: 'stream',
    rtmpUrl: `rtmp://127.0.0.1:${rtmp.port}/live`,
    youTubeStreamKey: key,
  });
  t.match(await server.ask('POST', `${base('rec-1')}/startService`, stream), { status: 200 });
  await Promise.all([session('rec', 'ON'), session('rec-1', 'ON')]);
  const { stdout } = await execa('ps', ['-eo', 'args']);
  t.notMatch(stdout, /secret-key/, 'the key is in no process listing');
  const recorders = (await server.room('standup')).components.filter(
    ({ type }: { type: string }) => type === 'recording',
  );
  t.equal(recorders.length, 2, 'recorders are shown as such');
  await sleep(6000);
  const before = Date.now();
  t.match(await server.ask('POST', `${base('rec')}/stopService`, {}), { status: 200 });
  t.match(await server.ask('POST', `${base('rec-1')}/stopService`), { status: 200 });
  t.ok(Date.now() - before < 10_000, 'stopping is quick');
  await Promise.all([session('rec', 'OFF'), session('rec-1', 'OFF')]);
  const expected = [{ session: { status: 'ON', failure: null } }, { session: { status: 'OFF', failure: null } }];
  for (const slot of ['rec', 'rec-1']) t.match(sessions(slot), expected, 'told of both, without a failure');
  t.notMatch(JSON.stringify(server.log) + receiver.requests.map(({ body }) => body), /secret-key/);
  const names = await readdir(join(folder, 'session-1'));
  const name = names.find((each) => each.endsWith('.mp4')) ?? '';
  t.match(name, /^standup_\d{4}(-\d\d){5}\.mp4$/);
  t.strictSame(names.sort(), ['finalized', 'metadata.json', name].sort(), 'nothing else is there');
  const metadata = JSON.parse(await readFile(join(folder, 'session-1', 'metadata.json'), 'utf8'));
  t.strictSame(metadata, { meeting_url: 'https://meet.example.org/standup', participants: [] });
  const listed = (await readFile(join(folder, 'session-1', 'finalized'), 'utf8')).split('\n');
  t.ok(listed.includes('metadata.json') && listed.includes(name), 'all was there for the script');
  await rtmp.quit();
  const [pushed = ''] = await rtmp.recorded();
  for (const file of [join(folder, 'session-1', name), pushed]) {
    const program = await RecordedProgram.read(file);
    t.match(program.streams.map(({ codec_name }) => codec_name).sort(), ['aac', 'h264'], file);
    t.ok(program.duration > 5 && program.duration < 16, `${program.duration} s`);
    t.ok(program.share('red') > 0.1, 'one participant is seen');
    t.ok(program.share('blue') > 0.1, 'another one, too');
    const noise = program.loudness(3300);
    for (const tone of [440, 1000, 2200]) t.ok(program.loudness(tone) > 10 * noise, `${tone} Hz is heard`);
    const offsets = program.flashOffsets(1000);
    t.ok(offsets.length >= 4, `${offsets.length} flashes`);
    const middle = offsets.toSorted((one, other) => one - other)[Math.floor(offsets.length / 2)] ?? Number.NaN;
    t.ok(Math.abs(middle) <= 45, `picture and sound are ${Math.round(middle)} ms apart`);
  }
});

t.test('a room that is deleted ends its recordings', async (t) => {
  receiver.requests.length = 0;
  await server.delete('/room/standup');
  await server.createRoom({ roomId: 'standup' });
  await participant('standup', 'red', 'red', 440, false);
  t.match(await server.ask('POST', `${base('rec')}/startService`, startBody({ sessionId: 'deleted' })), {
    status: 200,
  });
  await session('rec', 'ON');
  await server.delete('/room/standup');
  await session('rec', 'OFF');
  t.match(sessions('rec').at(-1), { session: { status: 'OFF', failure: null } });
  await server.ask('POST', `${base('rec')}/stopService`);
  const names = await readdir(join(folder, 'deleted'));
  const file = join(folder, 'deleted', names.find((name) => name.endsWith('.mp4')) ?? '');
  t.ok((await RecordedProgram.read(file)).duration > 0);
});

/** @returns the process that composes the only room */
async function mediaWorker(): Promise<number> {
  for (const pid of childrenOf(process.pid)) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    if (commandLine.includes('workers/media/main.ts')) return pid;
  }
  throw new Error('No media worker runs.');
}

t.test('a recording goes on when processes are killed', async (t) => {
  receiver.requests.length = 0;
  await server.createRoom({ roomId: 'standup' });
  await participant('standup', 'red', 'red', 440, false);
  const body = startBody({ sessionId: 'killed' });
  t.match(await server.ask('POST', `${base('rec')}/startService`, body), { status: 200 });
  await session('rec', 'ON');
  const startedAt = Date.now();
  await sleep(1500);
  const [encoder = 0] = childrenOf(await mediaWorker(), 'video encoder');
  process.kill(encoder, 'SIGKILL');
  await sleep(1500);
  process.kill(await mediaWorker(), 'SIGKILL');
  await sleep(4000);
  t.match(await server.ask('POST', `${base('rec')}/stopService`), { status: 200 });
  const seconds = (Date.now() - startedAt) / 1000;
  t.match(sessions('rec').at(-1), { session: { status: 'OFF', failure: null } });
  const names = (await readdir(join(folder, 'killed'))).filter((name) => name.endsWith('.mp4'));
  t.equal(names.length, 1);
  const program = await RecordedProgram.read(join(folder, 'killed', names[0] ?? ''));
  t.ok(Math.abs(program.duration - seconds) < 1.5, `${program.duration} s of ${seconds} s`);
  t.ok(program.share('red') > 0.3, 'the picture is back');
  t.ok(program.loudness(440) > 10 * program.loudness(3300), 'so is the sound');
});

t.test('a file over our own API', async (t) => {
  const { status, json } = await server.ask('POST', '/room/standup/output', { type: 'file' });
  t.equal(status, 201);
  const path = `/room/standup/output/${json.data.id}`;
  for (let round = 0; round < 500 && (await server.ask('GET', path)).json.data.state !== 'running'; round += 1) {
    await sleep(20);
  }
  await sleep(1500);
  await server.delete(path);
  const program = await RecordedProgram.read(join(server.config.resourcesBasePath, json.data.target));
  t.ok(program.duration > 1);
  await server.delete('/room/standup');
});
