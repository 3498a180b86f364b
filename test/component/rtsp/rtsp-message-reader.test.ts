import t from 'tap';
import { RtspMessageReader } from '../../../src/component/rtsp/rtsp-message-reader.ts';

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
