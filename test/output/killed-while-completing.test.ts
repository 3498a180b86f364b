// A server that is killed while it completes the file of a room, and the next one.
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { findProgram } from '../../src/process/find-program.ts';
import { SampleMedia } from '../component/file/sample-media.ts';
import { eventually } from '../eventually.ts';
import { decodedTimes, decoderComplaints, mediaLength } from '../recorded-media.ts';
import { allGone, RunningProcess } from '../running-process.ts';
import { manifestAt } from '../storage/media-on-disk.ts';

async function ask(server: RunningProcess, method: string, path: string, body?: unknown) {
  const text = await server.ask(method, path, body);
  return text === '' ? undefined : JSON.parse(text).data;
}

/**
 * Kills a server that completes a file, and has another one complete it.
 * @param obstacle variables of a server that gets stuck there @param isStuck whether it is
 */
async function killAndComplete(
  t: Test,
  media: SampleMedia,
  obstacle: Record<string, string>,
  isStuck: (path: string) => Promise<boolean>,
) {
  const variables = { FJ_RESOURCES_BASE_PATH: media.resources, SHOAL_WORKERS: '1', SHOAL_PROGRAM_SIZE: '320x180' };
  const first = await (await RunningProcess.start(t, { ...variables, ...obstacle })).ready();
  await ask(first, 'POST', '/room', { roomId: 'room', videoCodec: 'h264' });
  await ask(first, 'POST', '/room/room/component', { type: 'file', options: { filePath: 'frame.h264' } });
  const { id, target } = await ask(first, 'POST', '/room/room/output', { type: 'file' });
  const path = join(media.resources, target);
  const folder = dirname(path);
  await eventually('media', async () => (await mediaLength(`${path}.part`)) > 1);
  const removed = t.rejects(ask(first, 'DELETE', `/room/room/output/${id}`));
  await eventually('it is stuck', () => isStuck(path));
  t.match(await manifestAt(folder), { state: 'finalising' });
  const children = await first.children();
  first.kill('SIGKILL');
  await first.ended;
  await removed;
  await allGone(children.keys());
  const frames = (await decodedTimes(`${path}.part`)).length;
  t.ok(frames > 10, 'the fragments are there');

  const second = await (await RunningProcess.start(t, variables)).ready();
  await eventually('complete', async () => (await manifestAt(folder))?.state === 'stored');
  t.match(second.output, /A recording was interrupted; it is completed now/);
  t.strictSame(Object.keys((await manifestAt(folder))?.files ?? {}), ['room.mp4']);
  t.equal((await decodedTimes(path)).length, frames, 'nothing is lost');
  t.equal(await decoderComplaints(path), '');
  second.kill('SIGTERM');
  t.strictSame(await second.ended, { code: 0, signal: null });
  t.strictSame((await readdir(folder)).sort(), ['manifest.json', 'room.mp4'], 'nothing is there twice');
}

async function sampleMedia(t: Test): Promise<SampleMedia> {
  const media = await SampleMedia.open(t);
  await media.h264('frame.h264', { frames: 600 });
  return media;
}

t.test('a file whose rewriting is cut off by a kill is completed by the next server', async (t) => {
  const media = await sampleMedia(t);
  const programs = media.path('programs');
  const begun = join(programs, 'begun');
  const real = await findProgram('ffmpeg');
  const script = `#!/bin/sh\ncase "$*" in *faststart*) touch '${begun}'; exec sleep 600;; esac\nexec ${real} "$@"\n`;
  await mkdir(programs);
  await writeFile(join(programs, 'ffmpeg'), script, { mode: 0o755 });
  const obstacle = { PATH: `${programs}${delimiter}${process.env.PATH}` };
  await killAndComplete(t, media, obstacle, async () => (await stat(begun)).isFile());
});

t.test('a file whose fragments are still there after a kill is completed by the next server', async (t) => {
  const obstacle = { NODE_OPTIONS: `--import=${resolve(import.meta.dirname, 'stuck-removal.ts')}` };
  await killAndComplete(t, await sampleMedia(t), obstacle, async (path) => (await stat(path)).isFile());
});
