import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ivfFrame, ivfHeader } from '../../../../workers/composer/video/ivf.ts';
import { ffmpeg, videoScript } from '../../../end-to-end/scripts.ts';

t.test('a decoder takes every frame', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-ivf-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const { frames } = await videoScript({ source: 'testsrc2=s=64x36:r=30', duration: 0.5, frameRate: 30, codec: 'vp8' });
  // without their payload descriptors of one byte
  const whole = frames.map(({ payloads }) => Buffer.concat(payloads.map((payload) => payload.subarray(1))));
  const file = join(folder, 'frames.ivf');
  await writeFile(file, Buffer.concat([ivfHeader(), ...whole.map(ivfFrame)]));
  const pictures = await ffmpeg([
    '-i',
    file,
    '-fps_mode',
    'passthrough',
    '-pix_fmt',
    'gray',
    '-f',
    'rawvideo',
    'pipe:1',
  ]);
  t.equal(pictures.length, 15 * 64 * 36);
});
