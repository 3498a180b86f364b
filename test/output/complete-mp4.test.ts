import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { completeMp4 } from '../../src/output/complete-mp4.ts';
import { ProgramFile } from '../../src/output/program-file.ts';
import { findProgram } from '../../src/process/find-program.ts';
import { play, programSource } from '../program/program-source.ts';
import { decodedTimes, decoderComplaints } from '../recorded-media.ts';
import { SmallDisk } from '../storage/small-disk.ts';

const logger = pino({ enabled: false });

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-mp4-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function written(name = 'room'): Promise<string> {
  const folder = await emptyFolder();
  const failures: Error[] = [];
  const file = new ProgramFile({ folder, name, onFailure: (error) => failures.push(error) });
  play(await programSource({ seconds: 2 }), file);
  file.end();
  await file.settled();
  t.strictSame(failures, []);
  return folder;
}

t.test('a killed ffmpeg is started again', async (t) => {
  const folder = await written();
  const programs = await emptyFolder();
  const flag = join(programs, 'killed');
  const ffmpeg = await findProgram('ffmpeg');
  const script = `#!/bin/sh\nif [ ! -e ${flag} ]; then touch ${flag}; kill -9 $$; fi\nexec ${ffmpeg} "$@"\n`;
  await writeFile(join(programs, 'ffmpeg'), script, { mode: 0o755 });
  const { PATH = '' } = process.env;
  t.teardown(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = `${programs}${delimiter}${PATH}`;
  await completeMp4(folder, { logger });
  process.env.PATH = PATH;
  t.ok((await readdir(programs)).includes('killed'));
  t.strictSame(await readdir(folder), ['room.mp4']);
  t.equal(await decoderComplaints(join(folder, 'room.mp4')), '');
  t.equal((await decodedTimes(join(folder, 'room.mp4'))).filter((time) => time < 2).length > 47, true);
});

t.test('a file that cannot be rewritten is left as it was', async (t) => {
  const folder = await emptyFolder();
  await writeFile(join(folder, 'room.mp4.part'), 'no film');
  await writeFile(join(folder, 'empty.mp4.part'), '');
  await completeMp4(folder, { logger });
  t.strictSame(await readdir(folder), ['room.mp4']);
});

t.test('a server that stops leaves the fragments to the next one', async (t) => {
  const folder = await written();
  await t.rejects(completeMp4(folder, { logger, signal: AbortSignal.abort() }), { name: 'AbortError' });
  t.ok((await readdir(folder)).includes('room.mp4.part'));
  await completeMp4(folder, { logger });
  t.strictSame(await readdir(folder), ['room.mp4']);
});

t.test('a file of another kind is not touched', async (t) => {
  const folder = await emptyFolder();
  await writeFile(join(folder, 'a.mkv'), 'x');
  await completeMp4(folder, { logger });
  t.strictSame(await readdir(folder), ['a.mkv']);
});

t.test('on a disk of any free size the result is whole, or the fragments stay', async (t) => {
  const folder = await written();
  const fragments = await readFile(join(folder, 'room.mp4.part'));
  const frames = (await decodedTimes(join(folder, 'room.mp4.part'))).length;
  const disk = await SmallDisk.open(t, 8 * 1024 * 1024);
  if (!disk.isReal) return t.ok(frames > 40);
  const path = join(disk.path, 'room.mp4');
  for (const share of [0, 0.05, 0.3, 0.7, 0.95, 1.02, 2]) {
    await writeFile(`${path}.part`, fragments);
    await disk.fill(Math.round(share * fragments.length));
    await completeMp4(disk.path, { logger });
    await disk.clear();
    t.strictSame(await readdir(disk.path), ['room.mp4'], `${share} of its size is free`);
    t.equal((await decodedTimes(path)).length, frames);
    t.equal(await decoderComplaints(path), '');
    await rm(path);
  }
});

t.test('an ffmpeg that says it succeeded is not believed', async (t) => {
  const folder = await written();
  const frames = (await decodedTimes(join(folder, 'room.mp4.part'))).length;
  const programs = await emptyFolder();
  const ffmpeg = await findProgram('ffmpeg');
  const cut = 'for last; do :; done; truncate -s -2000 "$last"';
  const script = `#!/bin/sh\n${ffmpeg} "$@" || exit\ncase "$*" in *faststart*) ${cut};; esac\n`;
  await writeFile(join(programs, 'ffmpeg'), script, { mode: 0o755 });
  const { PATH = '' } = process.env;
  t.teardown(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = `${programs}${delimiter}${PATH}`;
  await completeMp4(folder, { logger });
  process.env.PATH = PATH;
  t.strictSame(await readdir(folder), ['room.mp4']);
  t.equal((await decodedTimes(join(folder, 'room.mp4'))).length, frames, 'the fragments have the name');
});
