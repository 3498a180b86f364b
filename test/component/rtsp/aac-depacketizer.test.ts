import t from 'tap';
import { AacDepacketizer } from '../../../src/component/rtsp/aac-depacketizer.ts';

/** A packet with headers for these sizes. */
function packet(sizes: number[], data: Buffer): { payload: Buffer } {
  const headers = Buffer.alloc(2 + sizes.length * 2);
  headers.writeUInt16BE(sizes.length * 16);
  for (const [index, size] of sizes.entries()) headers.writeUInt16BE(size << 3, 2 + index * 2);
  return { payload: Buffer.concat([headers, data]) };
}

const data = Buffer.from('abcdefghij');
const read = (depacketizer: AacDepacketizer, sizes: number[], bytes: Buffer, lost = 0) =>
  depacketizer.push(packet(sizes, bytes), lost).map(String);

t.test('one unit, several units and fragmented units are read', async (t) => {
  const depacketizer = new AacDepacketizer();
  t.same(read(depacketizer, [10], data), ['abcdefghij']);
  t.same(read(depacketizer, [3, 5, 2], data), ['abc', 'defgh', 'ij']);
  t.same(read(depacketizer, [25], data), []);
  t.same(read(depacketizer, [25], data), []);
  t.same(read(depacketizer, [25], data.subarray(0, 5)), ['abcdefghijabcdefghijabcde']);
  t.same(read(depacketizer, [10], data), ['abcdefghij']);
});

t.test('a loss drops a fragmented unit', async (t) => {
  const depacketizer = new AacDepacketizer();
  read(depacketizer, [20], data);
  t.same(read(depacketizer, [10], data, 1), ['abcdefghij']);
});

t.test('units with wrong lengths are dropped', async (t) => {
  const depacketizer = new AacDepacketizer();
  t.same(read(depacketizer, [5, 50], data), ['abcde']);
  t.same(read(depacketizer, [0, 0], data), []);
  for (const hex of ['', '00', '0010', 'ffff0000', '00000000', '0008ff']) {
    t.same(depacketizer.push({ payload: Buffer.from(hex, 'hex') }, 0), [], hex);
  }
  read(depacketizer, [12], data);
  t.same(read(depacketizer, [12], data), [], 'more than was announced');
  t.same(read(depacketizer, [10], data), ['abcdefghij']);
});
