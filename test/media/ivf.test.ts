import { Readable } from 'node:stream';
import t from 'tap';
import type { EncodedPicture } from '../../src/component/file/transcoded-frames.ts';
import { ivfPictures, readIvf } from '../../src/media/ivf.ts';

const pictures = [Buffer.from('first'), Buffer.alloc(0), Buffer.alloc(3000, 7)];

async function stream(): Promise<Buffer> {
  const timed = Readable.from(pictures.map((data, time) => ({ data, time, duration: 1 })));
  const written: EncodedPicture[] = await Readable.from(
    ivfPictures(timed, 'VP80', { width: 320, height: 180 }),
  ).toArray();
  t.same(
    written.map(({ time }) => time),
    [0, 1, 2],
  );
  return Buffer.concat(written.map(({ data }) => data));
}

t.test('pictures come out as they went in, however the stream is cut', async (t) => {
  const bytes = await stream();
  t.equal(bytes.toString('latin1', 8, 12), 'VP80');
  t.same([bytes.readUInt16LE(12), bytes.readUInt16LE(14)], [320, 180]);
  for (const length of [1, 5, 32, 44, 10_000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) =>
      bytes.subarray(index * length, (index + 1) * length),
    );
    t.same(await Readable.from(readIvf(Readable.from(chunks))).toArray(), pictures, `chunks of ${length}`);
  }
});

t.test('what is no IVF', async (t) => {
  await t.rejects(Readable.from(readIvf(Readable.from([Buffer.alloc(64)]))).toArray(), RangeError);
  const bytes = await stream();
  bytes.writeUInt32LE(0xffffffff, 32);
  await t.rejects(Readable.from(readIvf(Readable.from([bytes]))).toArray(), RangeError);
  t.same(await Readable.from(readIvf(Readable.from([]))).toArray(), []);
});
