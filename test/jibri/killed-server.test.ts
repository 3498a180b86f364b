// A server that is killed while it records for an orchestrator, and the next one.
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { SampleMedia } from '../component/file/sample-media.ts';
import { RecordedProgram } from '../end-to-end/recorded-program.ts';
import { eventually } from '../eventually.ts';
import { postJson } from '../post-json.ts';
import { allGone, RunningProcess } from '../running-process.ts';
import { manifestsIn } from '../storage/media-on-disk.ts';
import { startBody } from './running-jibri.ts';

t.test('a session that is cut off is completed by the next server', async (t) => {
  const media = await SampleMedia.open(t);
  await media.h264('picture.h264', { frames: 600 });
  await media.opus('sound.ogg', 20);
  const recordings = join(media.resources, 'sessions');
  const script = join(media.resources, 'finalize.sh');
  await writeFile(script, '#!/bin/sh\nls "$1" >> "$1/../finalized"\n');
  await chmod(script, 0o755);
  const variables = {
    FJ_RESOURCES_BASE_PATH: media.resources,
    JIBRI_RECORDING_DIR: recordings,
    JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: script,
    JIBRI_HTTP_API_EXTERNAL_PORT: 'off',
    JIBRI_INSTANCE_ID: 'rec',
    JIBRI_INTERNAL_EXIT: 'true',
    SHOAL_PROGRAM_SIZE: '320x180',
    SHOAL_WORKERS: '1',
  };
  const first = await (await RunningProcess.start(t, variables)).ready();
  await postJson(first.host, '/room', { roomId: 'standup' });
  await postJson(first.host, '/room/standup/component', { type: 'file', options: { filePath: 'picture.h264' } });
  await postJson(first.host, '/room/standup/component', { type: 'file', options: { filePath: 'sound.ogg' } });
  await postJson(first.host, '/jibri/api/v1.0/startService', startBody());
  const directory = join(recordings, 'session-1');
  const working = async () => {
    const [part = ''] = (await readdir(directory)).filter((name) => name.endsWith('.mp4.part'));
    return join(directory, part);
  };
  await eventually('some seconds of it', async () => (await stat(await working())).size > 60_000);
  const children = await first.children();
  first.kill('SIGKILL');
  await first.ended;
  await allGone(children.keys());
  t.notOk(
    (await readdir(directory)).some((name) => name.endsWith('.mp4')),
    'it has no file yet',
  );
  const second = await (await RunningProcess.start(t, variables)).ready();
  await eventually('stored', async () => (await manifestsIn(join(recordings, '.sessions')))[0]?.state === 'stored');
  t.match(second.output, /A recorder session was interrupted; it is completed now/);
  const names = await readdir(directory);
  const [file = ''] = names.filter((name) => name.endsWith('.mp4'));
  t.match(file, /^standup_\d{4}(-\d\d){5}\.mp4$/);
  t.strictSame(names.sort(), [file, 'metadata.json'].sort());
  t.equal(await readFile(join(recordings, 'finalized'), 'utf8'), `metadata.json\n${file}\n`, 'finalised once');
  t.same(JSON.parse(await readFile(join(directory, 'metadata.json'), 'utf8')), {
    meeting_url: 'https://meet.example.org/standup',
    participants: [],
  });
  const program = await RecordedProgram.read(join(directory, file));
  t.ok(program.duration > 0.5, `${program.duration} s can be played`);
  await postJson(second.host, '/recorders/rec/jibri/api/internal/v1.0/shutdown', {});
  t.strictSame(await second.ended, { code: 255, signal: null }, 'supervisors of Jibri know this code');
});
