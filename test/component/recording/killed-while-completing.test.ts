import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import { findProgram } from '../../../src/process/find-program.ts';
import type { MediaState } from '../../../src/storage/media-manifest.ts';
import { eventually } from '../../eventually.ts';
import { decodedTimes, decoderComplaints, mediaLength } from '../../recorded-media.ts';
import { allGone, RunningProcess } from '../../running-process.ts';
import { manifestAt } from '../../storage/media-on-disk.ts';
import { SampleMedia } from '../file/sample-media.ts';

async function ask(server: RunningProcess, method: string, path: string, body?: unknown): Promise<void> {
  await server.ask(method, path, body);
}

t.test('a server killed while it completes a recording completes it next time', async (t) => {
  const media = await SampleMedia.open(t);
  await media.h264('frame.h264', { frames: 600 });
  const resources = {
    ...{ FJ_RESOURCES_BASE_PATH: media.resources, SHOAL_RECORDING_LOCAL: 'true', SHOAL_WORKERS: '1' },
    // an encoder that cannot follow would begin another file
    SHOAL_PROGRAM_SIZE: '320x180',
  };
  // an ffmpeg that does not come to an end with the composite
  const programs = media.path('programs');
  const begun = join(programs, 'begun');
  const real = await findProgram('ffmpeg');
  const script = `#!/bin/sh\ncase "$*" in *faststart*) touch '${begun}'; exec sleep 600;; esac\nexec ${real} "$@"\n`;
  await mkdir(programs);
  await writeFile(join(programs, 'ffmpeg'), script, { mode: 0o755 });

  const slow = { ...resources, PATH: `${programs}${delimiter}${process.env.PATH}` };
  const first = await (await RunningProcess.start(t, slow)).ready();
  await ask(first, 'POST', '/room', { roomId: 'room', videoCodec: 'h264' });
  await ask(first, 'POST', '/room/room/component', { type: 'recording', options: { composed: true } });
  await ask(first, 'POST', '/room/room/component', { type: 'file', options: { filePath: 'frame.h264' } });
  const room = join(media.resources, 'raw_recordings', 'room');
  const folder = join(room, (await readdir(room))[0] ?? '');
  const composite = join(folder, 'room.mp4');
  const state = async (wanted: MediaState) => (await manifestAt(folder))?.state === wanted;
  await eventually('a composite', async () => (await mediaLength(`${composite}.part`)) > 1);
  await eventually('a track', async () => Object.keys((await readReport(folder))?.tracks ?? {}).length === 1);
  await ask(first, 'DELETE', '/room/room');
  await eventually('completing', async () => (await stat(begun)).isFile());
  t.ok(await state('finalising'));
  const children = await first.children();
  first.kill('SIGKILL');
  await first.ended;
  await allGone(children.keys());
  const before = await decodedTimes(`${composite}.part`);
  t.ok(before.length > 10, 'what is being completed can be read');

  const second = await (await RunningProcess.start(t, resources)).ready();
  await eventually('complete', () => state('stored'));
  t.match(second.output, /A recording was interrupted; it is completed now/, 'the next one says so');
  t.equal((await decodedTimes(composite)).length, before.length, 'nothing is lost');
  t.equal(await decoderComplaints(composite), '');
  const [track = ''] = Object.keys((await readReport(folder))?.tracks ?? {});
  t.equal(await decoderComplaints(join(folder, track)), '');
  const manifest = await manifestAt(folder);
  t.strictSame(Object.keys(manifest?.files ?? {}).sort(), [track, 'report.json', 'room.mp4'].sort());
  second.kill('SIGTERM');
  t.strictSame(await second.ended, { code: 0, signal: null });
});
