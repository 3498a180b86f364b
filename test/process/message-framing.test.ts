import t from 'tap';
import { frameMessage, MessageReader, ping } from '../../src/process/message-framing.ts';

const messages = [
  { type: 'ready' },
  { type: 'sample', sample: { data: new Uint8Array([1, 2, 3]), time: 2 ** 40, keyframe: true } },
  { type: 'sample', sample: { data: new Uint8Array(100_000).fill(7), time: 0, keyframe: false } },
  { type: 'ended', nothing: undefined },
];

t.test('messages are read however the stream is cut', async (t) => {
  const bytes = Buffer.concat(messages.map(frameMessage));
  for (const size of [1, 3, 4, 5, 1000, 65_536, bytes.length]) {
    const read: unknown[] = [];
    const reader = new MessageReader((message) => read.push(message));
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    t.strictSame(read, messages, `chunks of ${size} bytes`);
  }
});

t.test('a malformed message stream is refused', async (t) => {
  const reader = new MessageReader(() => t.fail('no message'));
  t.throws(() => reader.push(Buffer.from('Hello, world')), RangeError);
});

t.test('a ping between messages is distinguished from them', async (t) => {
  const read: unknown[] = [];
  const reader = new MessageReader(
    (message) => read.push(message),
    () => read.push('ping'),
  );
  reader.push(Buffer.concat([frameMessage(1), ping, frameMessage(undefined), ping.subarray(0, 2)]));
  reader.push(ping.subarray(2));
  t.same(read, [1, 'ping', undefined, 'ping']);
});
