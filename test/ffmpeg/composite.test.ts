import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { type Composite, writeComposite } from '../../src/ffmpeg/composite.ts';
import { trackDigests } from '../../src/ffmpeg/track-digests.ts';
import { findProgram } from '../../src/process/find-program.ts';
import { commandOutput } from '../command-output.ts';

const logger = pino({ enabled: false });
const folder = t.testdir({});
const video = join(folder, 'video.mkv');
const audio = join(folder, 'audio.mkv');
await commandOutput('ffmpeg', [
  '-v',
  'error',
  '-f',
  'lavfi',
  '-i',
  'testsrc=s=160x120:r=25:d=2',
  '-c:v',
  'libvpx',
  video,
]);
await commandOutput('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=r=48000:d=2', '-c:a', 'libopus', audio]);

const composite: Composite = {
  inputs: [
    { path: video, kind: 'video', offset: 0 },
    { path: audio, kind: 'audio', offset: 0.5 },
  ],
  filters: ['[0:v]fps=25[video]', '[1:a]aresample=48000:async=1:first_pts=0[audio]'],
  ...{ duration: 2, frameRate: 25, audioChannels: 1 },
};

t.test('several files become one, and the share that is done is told', async (t) => {
  const output = join(folder, 'whole.mp4');
  const shares: number[] = [];
  await writeComposite(composite, output, { logger, onProgress: (share) => shares.push(share) });
  t.ok(Number(shares.at(-1)) > 0.9 && Number(shares.at(-1)) < 1.1);
  const { stdout } = await commandOutput('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'stream=codec_name',
    '-of',
    'csv=p=0',
    output,
  ]);
  t.equal(stdout, 'h264\naac\n');
  t.equal((await trackDigests(output))[0]?.packets, 50);
});

for (const [what, end] of [
  ['has no index', 'echo torn > "$last"'],
  ['ends too early', 'truncate -s $(($(stat -c %s "$last") / 2)) "$last"'],
]) {
  t.test(`an output that ${what} is refused, though ffmpeg says that all is well`, async (t) => {
    const programs = t.testdir({});
    const ffmpeg = await findProgram('ffmpeg');
    const script = `#!/bin/sh\n${ffmpeg} "$@"\nfor last; do :; done\n${end}\n`;
    await writeFile(join(programs, 'ffmpeg'), script, { mode: 0o755 });
    const { PATH = '' } = process.env;
    t.teardown(() => {
      process.env.PATH = PATH;
    });
    process.env.PATH = `${programs}${delimiter}${PATH}`;
    await t.rejects(writeComposite(composite, join(folder, 'torn.mp4'), { logger }), { name: 'ProcessError' });
  });
}
