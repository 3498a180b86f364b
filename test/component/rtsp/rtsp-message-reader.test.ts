import t from 'tap';
import { RtspMessageReader } from '../../../src/component/rtsp/rtsp-message-reader.ts';
import { writeReceiverReport } from '../../../src/media/rtp/rtcp.ts';
import { serializeRtp } from '../../../src/media/rtp/rtp-packet.ts';
import { seededRandom } from '../../seeded-random.ts';

function read(chunks: Iterable<Buffer | string>) {
  const seen: unknown[] = [];
  const reader = new RtspMessageReader({
    response: ({ status, headers, body }) => seen.push([status, headers.get('cseq'), body.toString()]),
    request: ({ method }) => seen.push(method),
    packet: (channel, data) => seen.push([channel, data.toString('hex')]),
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  return seen;
}

const packet = Buffer.from([0x24, 1, 0, 2, 0xab, 0xcd]);
const conversation = Buffer.concat([
  Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nhello'),
  packet,
  Buffer.from('\r\nOPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\nRTSP/1.0 404 Not Found\ncseq:2\n\n'),
  packet,
  Buffer.from([0x24, 0, 0, 0]),
]);
const meaning = [[200, '1', 'hello'], [1, 'abcd'], 'OPTIONS', [404, '2', ''], [1, 'abcd'], [0, '']];

t.test('messages and packets are read however they are cut', async (t) => {
  t.same(read([conversation]), meaning);
  t.same(read(Array.from(conversation, (byte) => Buffer.from([byte]))), meaning);
  for (const size of [2, 3, 7, 50]) {
    const chunks = Array.from({ length: Math.ceil(conversation.length / size) }, (_, index) =>
      conversation.subarray(index * size, index * size + size),
    );
    t.same(read(chunks), meaning, `${size} bytes at a time`);
  }
});

t.test('garbage is detected at once', async (t) => {
  const rubbish = [
    '\u0000\u0001',
    'HTTP/1.1 200 OK\r\n\r\n',
    'RTSP/1.0 abc\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n',
    `RTSP/1.0 200 OK\r\nX: ${'x'.repeat(9000)}\r\n\r\n`,
    `RTSP/1.0 200 OK\r\n${'X: y\r\n'.repeat(101)}\r\n`,
  ];
  for (const text of rubbish) t.throws(() => read([text]), { code: 'invalid_response' }, text.slice(0, 30));
  t.throws(
    () => read(['R', ...Array<string>(20).fill('S'.repeat(1000))]),
    { code: 'invalid_response' },
    'a head without end',
  );
});

t.test('invalid lengths count as none', async (t) => {
  for (const length of ['-5', 'x', '', '99999999999999']) {
    t.same(read([`RTSP/1.0 200 OK\r\nContent-Length: ${length}\r\n\r\n`]), [[200, undefined, '']], length);
  }
});

t.test('many empty messages in one chunk are read', async (t) => {
  t.equal(read(['RTSP/1.0 200 OK\r\n\r\n'.repeat(20_000)]).length, 20_000);
});

/** An interleaved frame. */
const frame = (channel: number, data: Buffer) =>
  Buffer.concat([Buffer.from([0x24, channel, data.length >> 8, data.length & 0xff]), data]);
const rtp = (sequenceNumber: number, ssrc = 7) =>
  serializeRtp({
    payloadType: 96,
    marker: true,
    sequenceNumber,
    timestamp: 0,
    ssrc,
    payload: Buffer.alloc(300, sequenceNumber),
  });
const hex = (channel: number, data: Buffer) => [channel, data.toString('hex')];

t.test('stray bytes between packets are skipped', async (t) => {
  const random = seededRandom(11);
  const noise = (length: number, ...start: number[]) =>
    Buffer.from([...start, ...Array.from({ length: length - start.length }, () => Math.floor(random() * 256))]);
  const strays = [
    ...Array.from({ length: 200 }, () => noise(300)),
    ...[1, 2, 3, 5, 17].map((length) => Buffer.alloc(length)),
    noise(300, 0x24, 0x99, 0xff, 0xff),
    noise(300, 0x24, 0x24, 0x24, 0, 0, 3),
    noise(300, ...Buffer.from('RTSP')),
    noise(300, ...Buffer.from('RTSP/1.0 2x0\r\n\r\n')),
    Buffer.from('OK '.repeat(100)),
    Buffer.from('\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'),
  ];
  for (const stray of strays) {
    const stream = Buffer.concat([
      frame(0, rtp(1)),
      stray,
      frame(0, rtp(2)),
      frame(0, rtp(3)),
      frame(1, writeReceiverReport(7)),
    ]);
    const wanted = [hex(0, rtp(1)), hex(0, rtp(2)), hex(0, rtp(3)), hex(1, writeReceiverReport(7))];
    t.same(read([stream]), wanted, `${stray.toString('hex', 0, 8)}, ${stray.length} bytes`);
    t.same(read(Array.from(stream, (byte) => Buffer.from([byte]))), wanted, 'a byte at a time');
  }
});

t.test('after stray bytes a response is read, and a stream on another channel is none', async (t) => {
  const response = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 4\r\nContent-Length: 2\r\n\r\nhi');
  const stray = Buffer.alloc(50, 0xee);
  t.same(read([frame(0, rtp(1)), stray, response, frame(2, rtp(5, 9)), frame(0, rtp(2))]), [
    ...[hex(0, rtp(1)), [200, '4', 'hi'], hex(2, rtp(5, 9)), hex(0, rtp(2))],
  ]);
});

t.test('a frame that is cut short costs the one behind it, not the connection', async (t) => {
  const short = frame(0, rtp(2)).subarray(0, 100);
  const seen = read([frame(0, rtp(1)), short, ...[3, 4, 5, 6].map((number) => frame(0, rtp(number)))]);
  t.same(seen.slice(-3), [hex(0, rtp(4)), hex(0, rtp(5)), hex(0, rtp(6))]);
});

t.test('stray bytes without end are an error', async (t) => {
  t.throws(() => read([frame(0, rtp(1)), Buffer.alloc(70_000, 0xee)]), { code: 'invalid_response' });
  t.throws(() => read([frame(0, rtp(1)), ...Array<Buffer>(700).fill(Buffer.from('$x'.repeat(50)))]), {
    code: 'invalid_response',
  });
});

t.test('packets of other channels are read, whatever is in them, however they are cut', async (t) => {
  const large = Buffer.concat([rtp(4, 9), Buffer.alloc(1000, 4)]);
  const stream = Buffer.concat([
    ...[frame(0, rtp(1)), frame(2, large), frame(77, rtp(5)), frame(3, Buffer.from([1, 2]))],
    ...[frame(78, Buffer.alloc(0)), frame(0, rtp(2))],
  ]);
  const wanted = [
    hex(0, rtp(1)),
    hex(2, large),
    hex(77, rtp(5)),
    hex(3, Buffer.from([1, 2])),
    [78, ''],
    hex(0, rtp(2)),
  ];
  t.same(read([stream]), wanted);
  t.same(read(Array.from(stream, (byte) => Buffer.from([byte]))), wanted, 'a byte at a time');
});
