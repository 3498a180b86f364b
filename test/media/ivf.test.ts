import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { ivfFrame, ivfHeader, readIvf } from '../../src/media/ivf.ts';
import { ffmpegOutput } from '../command-output.ts';
import { ivfFrames } from '../ivf-frames.ts';
import { videoScript } from '../scripts.ts';

const frames = [Buffer.from('first'), Buffer.alloc(0), Buffer.alloc(3000, 7)];

async function stream(): Promise<Buffer> {
  const timed = (async function* () {
    for (const [time, data] of frames.entries()) yield { data, time, duration: 1 };
  })();
  const written = [];
  for await (const frame of ivfFrames(timed, { fourcc: 'VP80', width: 320, height: 180 })) written.push(frame);
  t.same(
    written.map(({ time }) => time),
    [0, 1, 2],
  );
  return Buffer.concat(written.map(({ data }) => data));
}

t.test('frames are read however the stream is cut', async (t) => {
  const bytes = await stream();
  t.equal(bytes.toString('latin1', 8, 12), 'VP80');
  t.same([bytes.readUInt16LE(12), bytes.readUInt16LE(14)], [320, 180]);
  for (const length of [1, 5, 32, 44, 10_000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) =>
      bytes.subarray(index * length, (index + 1) * length),
    );
    t.same(await Readable.from(readIvf(Readable.from(chunks))).toArray(), frames, `chunks of ${length}`);
  }
});

t.test('a stream that is not IVF is refused', async (t) => {
  await t.rejects(Readable.from(readIvf(Readable.from([Buffer.alloc(64)]))).toArray(), RangeError);
  const bytes = await stream();
  bytes.writeUInt32LE(0xffffffff, 32);
  await t.rejects(Readable.from(readIvf(Readable.from([bytes]))).toArray(), RangeError);
  t.same(await Readable.from(readIvf(Readable.from([]))).toArray(), []);
});

t.test('a decoder accepts every frame', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-ivf-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const script = await videoScript({ source: 'testsrc2=s=64x36:r=30', duration: 0.5, frameRate: 30, codec: 'vp8' });
  // without their payload descriptors of one byte
  const whole = script.frames.map(({ payloads }) => Buffer.concat(payloads.map((payload) => payload.subarray(1))));
  const file = join(folder, 'frames.ivf');
  const header = ivfHeader({ fourcc: 'VP80', width: 640, height: 360 });
  await writeFile(file, Buffer.concat([header, ...whole.map(ivfFrame)]));
  const raw = ['-fps_mode', 'passthrough', '-pix_fmt', 'gray', '-f', 'rawvideo', 'pipe:1'];
  t.equal((await ffmpegOutput(['-i', file, ...raw])).length, 15 * 64 * 36);
});
