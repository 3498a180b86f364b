// Rooms as recorders, with real media: docs/contracts/jibri.md 6 and 7.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import t from 'tap';
import { childrenOf } from '../child-processes.ts';
import { commandOutput } from '../command-output.ts';
import { RtmpServer } from '../output/rtmp/rtmp-server.ts';
import { RealRecorders } from './real-recorders.ts';
import { RecordedProgram } from './recorded-program.ts';

const script = join(t.testdir({}), 'finalize.sh');
await writeFile(script, '#!/bin/sh\nls "$1" > "$1/finalized"\n', { mode: 0o755 });
const variables = { JIBRI_SLOTS: '2', JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: script };
const recorders = await RealRecorders.start(t, variables);
const { jibri } = recorders;

t.test('a file and a stream of one room show everybody', async (t) => {
  const rtmp = await RtmpServer.start(t);
  const room = await recorders.room('standup');
  const watch = recorders.watch(room);
  await Promise.all([
    recorders.participant(room, { colour: 'white', tone: 1000, flashing: true, late: 150 }),
    recorders.participant(room, { colour: 'red', tone: 440 }),
    recorders.participant(room, { colour: 'blue', tone: 2200 }),
  ]);
  const key = 'k"e y|[f=mp4]secret-key';
  await recorders.start('standup');
  const target = { rtmpUrl: `rtmp://127.0.0.1:${rtmp.port}/live`, youTubeStreamKey: key };
  await recorders.start('standup', { sessionId: 's2', sinkType: 'stream', ...target }, 1);
  await Promise.all([recorders.until('session-1', 'ON'), recorders.until('s2', 'ON')]);
  const began = watch.seconds;
  const { stdout } = await commandOutput('ps', ['-eo', 'args']);
  t.notMatch(stdout, /secret-key/, 'the key is in no process listing');
  const encoders = recorders.composers.flatMap((pid) => childrenOf(pid, 'video encoder'));
  t.equal(encoders.length, 1, 'one encoder for all');
  await watch.play(7);
  const least = watch.seconds - began;
  t.equal(await recorders.stop(), 200);
  t.equal(await recorders.stop(1), 200);
  await Promise.all([recorders.until('session-1', 'OFF'), recorders.until('s2', 'OFF')]);
  for (const id of ['session-1', 's2']) {
    t.match(recorders.told(id), [
      { status: 'ON', failure: null },
      { status: 'OFF', failure: null },
    ]);
  }
  t.notMatch(jibri.log.join() + recorders.receiver.requests.map(({ body }) => body), /secret-key/);
  const files = await recorders.files('session-1');
  const file = files.find((path) => path.endsWith('.mp4')) ?? '';
  t.match(basename(file), /^standup_\d{4}(-\d\d){5}\.mp4$/);
  t.strictSame(files.map((path) => basename(path)).sort(), ['finalized', 'metadata.json', basename(file)].sort());
  const directory = join(jibri.folder, 'session-1');
  const metadata = JSON.parse(await readFile(join(directory, 'metadata.json'), 'utf8'));
  t.strictSame(metadata, { meeting_url: 'https://meet.example.org/standup', participants: [] });
  const listed = (await readFile(join(directory, 'finalized'), 'utf8')).split('\n');
  t.ok(listed.includes('metadata.json') && listed.includes(basename(file)), 'all was there for the script');
  await rtmp.quit();
  const [pushed = ''] = await rtmp.recorded();
  for (const path of [file, pushed]) {
    const program = await RecordedProgram.read(path);
    t.match(program.streams.map(({ codec_name }) => codec_name).sort(), ['aac', 'h264'], path);
    t.ok(program.duration > least - 0.1 && program.duration < watch.seconds + 0.1, `${program.duration} s`);
    t.ok(program.share('red') > 0.1, 'one participant is seen');
    t.ok(program.share('blue') > 0.1, 'another one, too');
    const noise = program.loudness(3300);
    for (const tone of [440, 1000, 2200]) t.ok(program.loudness(tone) > 10 * noise, `${tone} Hz is heard`);
    const offsets = program.flashOffsets(1000);
    t.ok(offsets.length >= 4, `${offsets.length} flashes of the third`);
    const middle = offsets.toSorted((one, other) => one - other)[Math.floor(offsets.length / 2)] ?? Number.NaN;
    t.ok(Math.abs(middle) <= 45, `picture and sound are ${Math.round(middle)} ms apart`);
  }
  await room.close();
  await watch.close();
});

t.test('a session whose directory was removed while it recorded ends with a failure', async (t) => {
  const room = await recorders.room('removed');
  await recorders.participant(room, { colour: 'red', tone: 440 });
  await recorders.start('removed', { sessionId: 'removed' });
  await recorders.until('removed', 'ON');
  await rm(join(jibri.folder, 'removed'), { recursive: true });
  t.equal(await recorders.stop(), 200);
  const detail = 'The recording was removed while it was written';
  const failure = { reason: 'ERROR', error: { scope: 'SESSION', detail } };
  t.match(await recorders.until('removed', 'OFF'), { failure, shouldRetry: true });
  t.equal(await jibri.health().then((text) => JSON.parse(text).status.health.healthStatus), 'HEALTHY');
  await room.close();
});

t.test('deleting a room ends its recordings', async (t) => {
  const room = await recorders.room('deleted');
  const watch = recorders.watch(room);
  await recorders.participant(room, { colour: 'red', tone: 440 });
  await recorders.start('deleted', { sessionId: 'deleted' });
  await recorders.until('deleted', 'ON');
  await watch.play(1);
  await room.close();
  await watch.close();
  t.match(await recorders.until('deleted', 'OFF'), { failure: null });
  await recorders.stop();
  const file = (await recorders.files('deleted')).find((path) => path.endsWith('.mp4')) ?? '';
  t.ok((await RecordedProgram.read(file)).duration >= 1);
});

t.test('a recording continues when processes are killed', async (t) => {
  const room = await recorders.room('killed');
  const watch = recorders.watch(room);
  await recorders.participant(room, { colour: 'red', tone: 440 });
  await recorders.start('killed', { sessionId: 'killed' });
  await recorders.until('killed', 'ON');
  const began = watch.seconds;
  await watch.play(1);
  const [encoder = 0] = childrenOf(recorders.composer, 'video encoder');
  process.kill(encoder, 'SIGKILL');
  await watch.play(1.5);
  process.kill(recorders.composer, 'SIGKILL');
  await watch.play(3);
  const least = watch.seconds - began;
  t.equal(await recorders.stop(), 200);
  t.match(await recorders.until('killed', 'OFF'), { failure: null });
  const files = (await recorders.files('killed')).filter((path) => path.endsWith('.mp4'));
  t.equal(files.length, 1);
  const program = await RecordedProgram.read(files[0] ?? '');
  t.ok(program.duration > least - 0.1, `${program.duration} s of ${least} s at least`);
  t.ok(program.share('red') > 0.3, 'the picture is back');
  t.ok(program.loudness(440) > 10 * program.loudness(3300), 'so is the sound');
  await room.close();
  await watch.close();
});
