import { access, mkdir, open, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { remux } from '../../src/ffmpeg/remux.ts';
import { ProcessError } from '../../src/process/process-error.ts';
import { commandOutput } from '../command-output.ts';

const logger = pino({ enabled: false });
const folder = t.testdir({});
const fragments = join(folder, 'fragments with a blank.mp4');
const video = ['-f', 'lavfi', '-i', 'testsrc=s=160x120:r=25:d=4', '-c:v', 'libx264', '-preset', 'ultrafast'];
await commandOutput('ffmpeg', ['-v', 'error', ...video, '-movflags', '+frag_keyframe+empty_moov', fragments]);

t.test('fragments become an MP4 that begins with its index, and progress is told', async (t) => {
  const output = join(folder, 'whole.mp4');
  const told: number[] = [];
  await remux(fragments, output, { logger, onProgress: (seconds) => told.push(seconds) });
  t.ok(Number(told.at(-1)) > 3.8, 'the last report is about the end');
  const { stderr } = await commandOutput('ffprobe', ['-v', 'trace', output]);
  const boxes = Array.from(stderr.matchAll(/type:'(moov|mdat|moof)' parent:'root'/g), ([, type]) => type);
  t.same(boxes, ['moov', 'mdat']);
  const { stdout } = await commandOutput('ffprobe', [
    '-v',
    'error',
    '-count_frames',
    '-show_entries',
    'stream=nb_read_frames',
    output,
  ]);
  t.match(stdout, /nb_read_frames=100/);
});

t.test("a file that is not media is refused with ffmpeg's message", async (t) => {
  const failure = await remux(import.meta.filename, join(folder, 'none.mp4'), { logger }).catch(
    (error: unknown) => error,
  );
  t.ok(failure instanceof ProcessError);
  t.match(failure, { message: /^remux ended with exit code \d+\. Its last lines: .*Invalid data found/ });
});

t.test('a job that is called off before it starts writes nothing', async (t) => {
  const output = join(folder, 'never.mp4');
  await t.rejects(remux(fragments, output, { logger, signal: AbortSignal.abort() }), { name: 'AbortError' });
  await t.rejects(access(output), { code: 'ENOENT' });
});

t.test('a job that is called off while it runs ends at once', async (t) => {
  const pipe = join(folder, 'endless.mp4');
  await commandOutput('mkfifo', [pipe]);
  const controller = new AbortController();
  // ffmpeg waits for somebody to write into the pipe; opening it for writing succeeds once ffmpeg reads.
  const job = remux(pipe, join(folder, 'endless-out.mp4'), { logger, signal: controller.signal });
  const writer = await open(pipe, 'w');
  t.teardown(() => writer.close());
  controller.abort(new Error('not needed any more'));
  await t.rejects(job, { message: 'not needed any more' });
  t.ok((await stat(fragments)).size > 0, 'the input stays');
});

t.test('an output that lacks packets is refused, though ffmpeg says that all is well', async (t) => {
  const short = join(folder, 'short.mp4');
  await commandOutput('ffmpeg', ['-v', 'error', '-i', fragments, '-t', '2', '-c', 'copy', short]);
  const programs = join(folder, 'programs');
  await mkdir(programs);
  const fake = `#!/bin/sh\nfor last; do :; done\ncp '${short}' "$last"\n`;
  await writeFile(join(programs, 'ffmpeg'), fake, { mode: 0o755 });
  const { PATH = '' } = process.env;
  t.teardown(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = `${programs}${delimiter}${PATH}`;
  await t.rejects(remux(fragments, join(folder, 'lacking.mp4'), { logger }), {
    message: /^remux wrote \d+ packets of 100$/,
  });
});
