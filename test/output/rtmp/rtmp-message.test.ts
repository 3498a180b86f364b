// RTMP 1.0, section 5.3.
import t from 'tap';
import { ChunkReader, type RtmpMessage, writeChunks } from '../../../src/output/rtmp/rtmp-message.ts';

const message = (length: number, timestamp: number): RtmpMessage => {
  const payload = Buffer.from(Array.from({ length }, (_, index) => index & 255));
  return { type: 9, streamId: 1, timestamp, payload };
};

t.test('messages are read however the bytes are cut', async (t) => {
  const sent = [
    message(1, 0),
    message(128, 5),
    message(129, 0xfffffe),
    message(1000, 0xffffff),
    message(300, 2 ** 32 - 1),
  ];
  const bytes = Buffer.concat(sent.map((each, index) => writeChunks(each, 3 + (index % 2), 128)));
  for (const step of [1, 7, 128, bytes.length]) {
    const got: RtmpMessage[] = [];
    const reader = new ChunkReader((each) => got.push(each));
    for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step));
    t.strictSame(got, sent, `${step} bytes at a time`);
  }
});

t.test('chunks that depend on earlier ones of interleaved streams are read', async (t) => {
  const hex = [
    '03 000064 000082 14 00000000', // a message of 130 bytes on stream 3
    'aa'.repeat(128),
    '04 000001 000001 08 01000000 bb', // one of another stream in between
    'c3 aaaa',
    '43 00000a 000001 14 cc', // the next one is 10 ms later
    '83 000005 dd', // and so on, as long as the last
    'c3 ee',
  ];
  const got: [number, number, number][] = [];
  const reader = new ChunkReader(({ type, timestamp, payload }) => got.push([type, timestamp, payload.length]));
  reader.push(Buffer.from(hex.join('').replaceAll(' ', ''), 'hex'));
  t.strictSame(got, [
    [8, 1, 1],
    [20, 100, 130],
    [20, 110, 1],
    [20, 115, 1],
    [20, 120, 1],
  ]);
});

t.test('a server may change its chunk size', async (t) => {
  const got: number[] = [];
  const reader = new ChunkReader(({ payload }) => got.push(payload.length));
  const payload = Buffer.from('00000400', 'hex');
  reader.push(writeChunks({ type: 1, streamId: 0, timestamp: 0, payload }, 2, 128));
  reader.push(writeChunks(message(2000, 1), 3, 1024));
  t.strictSame(got, [4, 2000]);
});

t.test('what is not a chunk stream is refused', async (t) => {
  const read = (hex: string) => new ChunkReader(() => undefined).push(Buffer.from(hex, 'hex'));
  t.throws(() => read('c3'), RangeError, 'a chunk that follows none');
  t.throws(() => read('03000000ffffff1400000000'), RangeError, 'a message that is too long');
});
