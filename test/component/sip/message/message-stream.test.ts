import t from 'tap';
import { MessageStream } from '../../../../src/component/sip/message/message-stream.ts';
import { writeMessage } from '../../../../src/component/sip/message/write-message.ts';
import { optionsRequest } from './samples.ts';

/** A stream whose events are listed. */
function openStream() {
  const events: string[] = [];
  const stream = new MessageStream({
    message: ({ body }) => events.push(`message ${body}`),
    malformed: () => events.push('malformed'),
    emptyLines: (asked) => events.push(asked ? 'ping' : 'pong'),
  });
  return { stream, events };
}

const request = (body = '') => writeMessage(optionsRequest('SIP/2.0/TCP a;branch=z9hG4bK1', body));

t.test('messages are found however the data is cut', async (t) => {
  const bytes = Buffer.concat([
    request('one'),
    request(),
    Buffer.from('\r\n\r\n'),
    request('a\r\n\r\nb'),
    request('four'),
  ]);
  for (const length of [1, 2, 3, 7, 100, 1000, bytes.length]) {
    const { stream, events } = openStream();
    for (let at = 0; at < bytes.length; at += length) stream.push(bytes.subarray(at, at + length));
    t.strictSame(
      events.filter((each) => !each.startsWith('p')),
      ['message one', 'message ', 'message a\r\n\r\nb', 'message four'],
      `${length} bytes at a time`,
    );
    t.equal(stream.partial, false);
  }
});

t.test('empty lines are a question when there are two and an answer when there is one', async (t) => {
  const { stream, events } = openStream();
  stream.push(Buffer.from('\r\n\r\n'));
  stream.push(Buffer.from('\r\n'));
  stream.push(request('a'));
  stream.push(Buffer.from('\r\n'.repeat(30_000)));
  t.strictSame(events, ['ping', 'pong', 'message a', 'ping'], 'many of them are one question');
});

t.test('a message that lacks a header is left out, and the next one is found', async (t) => {
  const { stream, events } = openStream();
  const lacking = request('lacking')
    .toString()
    .replace(/Call-ID: .*\r\n/, '');
  stream.push(Buffer.concat([Buffer.from(lacking), request('next')]));
  t.strictSame(events, ['malformed', 'message next']);
});

t.test('a message that has begun is partial until its last byte', async (t) => {
  const { stream } = openStream();
  const bytes = request('body');
  for (const end of [1, bytes.length - 4, bytes.length - 1]) {
    const { stream } = openStream();
    stream.push(bytes.subarray(0, end));
    t.equal(stream.partial, true, `${end} bytes`);
  }
  stream.push(bytes);
  t.equal(stream.partial, false);
});

t.test('a stream whose messages cannot be told apart ends', async (t) => {
  const text = request('x').toString();
  const endings: Record<string, string> = {
    'no Content-Length': text.replace(/Content-Length: .*\r\n/, ''),
    'two of them': text.replace(/(Content-Length: .*\r\n)/, '$1$1'),
    'one that is no number': text.replace(/Content-Length: .*/, 'Content-Length: 1e2'),
    'a body that is too long': text.replace(/Content-Length: .*/, 'Content-Length: 70000'),
    'no SIP': 'GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
    'a head without an end': `OPTIONS sip:a SIP/2.0\r\n${'X: y\r\n'.repeat(3000)}`,
    'no lines': '\u0016\u0003'.repeat(9000),
  };
  for (const [name, bytes] of Object.entries(endings)) {
    const { stream, events } = openStream();
    t.throws(() => stream.push(Buffer.from(bytes)), { code: 'bad_message' }, name);
    t.strictSame(events, []);
  }
});
