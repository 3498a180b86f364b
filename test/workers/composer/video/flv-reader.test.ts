import t from 'tap';
import { FlvReader } from '../../../../workers/composer/video/flv-reader.ts';

const header = Buffer.from([0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9, 0, 0, 0, 0]);

function tag(type: number, body: number[]): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(type, 0);
  head.writeUIntBE(body.length, 1, 3);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(11 + body.length);
  return Buffer.concat([head, Buffer.from(body), tail]);
}

const stream = Buffer.concat([
  header,
  tag(18, [1, 2, 3]),
  tag(9, [0x17, 0, 0, 0, 0, 0xaa, 0xbb]),
  tag(9, [0x17, 1, 0, 0, 0, 1, 2, 3]),
  tag(9, [0x27, 1, 0, 0, 0, 4, 5]),
  tag(9, [0x17, 2, 0, 0, 0]),
]);

for (const size of [1, 2, 7, 16, stream.length]) {
  t.test(`frames are read in chunks of ${size} bytes`, async (t) => {
    const configurations: number[][] = [];
    const frames: [number[], boolean][] = [];
    const reader = new FlvReader({
      onConfiguration: (record) => configurations.push([...record]),
      onFrame: (data, keyframe) => frames.push([[...data], keyframe]),
    });
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    t.same(configurations, [[0xaa, 0xbb]]);
    t.same(frames, [
      [[1, 2, 3], true],
      [[4, 5], false],
    ]);
  });
}

t.test('other data is refused', async (t) => {
  const reader = () => new FlvReader({ onConfiguration: () => undefined, onFrame: () => undefined });
  t.throws(() => reader().push(Buffer.from('this is no video at all')), RangeError);
  const long = tag(9, []);
  long.writeUIntBE(0xffffff, 1, 3);
  long.writeUInt8(9, 0);
  t.doesNotThrow(() => reader().push(Buffer.concat([header, long])), 'a long tag is waited for');
});
