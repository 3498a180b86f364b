// A server that is killed while the finalize script of a session runs, and the next one.
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { SampleMedia } from '../component/file/sample-media.ts';
import { eventually } from '../eventually.ts';
import { postJson } from '../post-json.ts';
import { decodedTimes, decoderComplaints, mediaLength } from '../recorded-media.ts';
import { allGone, RunningProcess } from '../running-process.ts';
import { manifestsIn } from '../storage/media-on-disk.ts';
import { startBody } from './running-jibri.ts';

t.test('a finalize script that is killed with its server is run again, on the same file', async (t) => {
  const media = await SampleMedia.open(t);
  await media.h264('frame.h264', { frames: 600 });
  const recordings = join(media.resources, 'sessions');
  const script = join(media.resources, 'finalize.sh');
  const begun = join(media.resources, 'begun');
  const runs = join(media.resources, 'runs');
  // the first run does not come to an end
  const text = `#!/bin/sh\nif [ ! -e '${begun}' ]; then echo $$ > '${begun}.new'; mv '${begun}.new' '${begun}'; exec sleep 600; fi\necho "$1" >> '${runs}'\n`;
  await writeFile(script, text);
  await chmod(script, 0o755);
  const variables = {
    FJ_RESOURCES_BASE_PATH: media.resources,
    JIBRI_RECORDING_DIR: recordings,
    JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: script,
    JIBRI_HTTP_API_EXTERNAL_PORT: 'off',
    SHOAL_PROGRAM_SIZE: '320x180',
    SHOAL_WORKERS: '1',
  };
  const first = await (await RunningProcess.start(t, variables)).ready();
  await postJson(first.host, '/room', { roomId: 'standup' });
  await postJson(first.host, '/room/standup/component', { type: 'file', options: { filePath: 'frame.h264' } });
  await postJson(first.host, '/jibri/api/v1.0/startService', startBody());
  const directory = join(recordings, 'session-1');
  const fileWith = async (ending: string) => {
    const [name = ''] = (await readdir(directory)).filter((each) => each.endsWith(ending));
    return join(directory, name);
  };
  await eventually('media', async () => (await mediaLength(await fileWith('.mp4.part'))) > 1);
  // It is not answered before the script ends.
  const stopped = t.rejects(postJson(first.host, '/jibri/api/v1.0/stopService', {}));
  await eventually('the script runs', async () => (await stat(begun)).isFile());
  const children = await first.children();
  first.kill('SIGKILL');
  await first.ended;
  await stopped;
  await allGone([...children.keys(), Number(await readFile(begun, 'utf8'))]);
  const path = await fileWith('.mp4');
  const file = await readFile(path);
  const frames = await decodedTimes(path);
  t.ok(frames.length > 10, 'the file was complete before');
  const sessions = () => manifestsIn(join(recordings, '.sessions'));
  t.match(await sessions(), [{ state: 'finalising', details: { finalized: false } }]);

  const second = await (await RunningProcess.start(t, variables)).ready();
  await eventually('stored', async () => (await sessions())[0]?.state === 'stored');
  t.match(second.output, /A recorder session was interrupted; it is completed now/);
  t.equal(await readFile(runs, 'utf8'), `${directory}\n`, 'it is run to its end once');
  t.ok((await readFile(path)).equals(file), 'the file is the same');
  t.equal(await decoderComplaints(path), '');
  const names = [path.slice(directory.length + 1), 'metadata.json'].sort();
  t.strictSame((await readdir(directory)).sort(), names);
  const [manifest] = await sessions();
  t.match(manifest?.details, { finalized: true });
  t.strictSame(Object.keys(manifest?.files ?? {}).sort(), names);
  second.kill('SIGTERM');
  t.strictSame(await second.ended, { code: 0, signal: null });
});
