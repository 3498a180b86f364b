// What an RTMP server may send to a publisher.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { adobeAuthentication } from '../../src/output/rtmp/adobe-authentication.ts';
import { type AmfValue, decodeAmf0, encodeAmf0 } from '../../src/output/rtmp/amf0.ts';
import { ChunkReader, messageType, writeChunks } from '../../src/output/rtmp/rtmp-message.ts';
import { RtmpPublisher } from '../../src/output/rtmp/rtmp-publisher.ts';
import { mutatedBytes, mutatedText, pick } from './mutation.ts';
import { fuzz } from './rounds.ts';

const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const message = (type: number, payload: Buffer, chunkStream = 2) =>
  writeChunks({ type, streamId: 0, timestamp: 0, payload }, chunkStream, 128);
const command = (...values: AmfValue[]) => message(messageType.command, encodeAmf0(...values), 3);

const challenge = '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=a&salt=b&challenge=c&opaque=d';
/** What a server sends to a publisher, whatever it is asked. */
const conversation = [
  message(messageType.windowSize, number(2_500_000)),
  message(messageType.userControl, Buffer.concat([Buffer.of(0, 6), number(5)])),
  command('onBWDone', 0, null),
  command(
    '_result',
    1,
    { fmsVer: 'FMS/3,0,1,123', capabilities: 31 },
    { level: 'status', code: 'NetConnection.Connect' },
  ),
  command('_error', 2, null, { level: 'error', code: 'NetStream.Failed', description: challenge }),
  command('_result', 4, null, 1),
  command('onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start', description: 'x'.repeat(300) }),
  message(messageType.userControl, Buffer.concat([Buffer.of(0, 6), number(6)])),
];

/** The conversation with some messages left out, repeated, moved and damaged. */
function hostileConversation(random: () => number): Buffer {
  const messages = conversation.flatMap((each) => Array<Buffer>(pick(random, [0, 1, 1, 1, 1, 3])).fill(each));
  if (random() < 0.2) messages.reverse();
  return Buffer.concat(messages.map((each) => (random() < 0.4 ? mutatedBytes(random, each) : each)));
}

let serve: (socket: Socket) => void = () => undefined;
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.resume();
  serve(socket);
});
await once(server.listen(0, '127.0.0.1'), 'listening');
t.teardown(() => server.close());
const { port } = server.address() as AddressInfo;
const target = {
  ...{ tls: false, host: '127.0.0.1', port, app: 'live', streamName: 'key', tcUrl: `rtmp://127.0.0.1:${port}/live` },
  credentials: { username: 'a', password: 'b' },
};

t.test('whatever comes as chunks and values is read or refused', async (t) => {
  await fuzz(t, 4000, (random) => {
    const reader = new ChunkReader(({ payload }) => void decodeAmf0(payload));
    const bytes = hostileConversation(random);
    try {
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + Math.floor(random() * 400);
        reader.push(bytes.subarray(at, at + size));
        at += size;
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    adobeAuthentication(mutatedText(random, challenge), { username: 'a', password: 'b' }, '00');
  });
});

t.test('a publisher starts or says why, whatever a server sends', async (t) => {
  const outcomes = { started: 0, refused: 0 };
  const idle = new AbortController();
  await fuzz(t, 500, async (random) => {
    serve = (socket) => {
      const greeting = Buffer.concat([Buffer.of(3), Buffer.alloc(3072, 1)]);
      socket.write(random() < 0.1 ? mutatedBytes(random, greeting) : greeting);
      socket.end(hostileConversation(random));
    };
    const guard = new AddressGuard();
    const starting = RtmpPublisher.start({ target, guard, clock: systemClock }, idle.signal);
    const publisher = await starting.catch((error: Error) => {
      if (error.name !== 'OutputError') throw error;
      return undefined;
    });
    outcomes[publisher ? 'started' : 'refused'] += 1;
    await publisher?.close();
  });
  t.ok(outcomes.started > 0 && outcomes.refused > 0, JSON.stringify(outcomes));
});

t.test('a stream id that is none is not used', async (t) => {
  for (const streamId of [-1, 2 ** 32, 1e300, Number.NaN, 0.5, 'x', null]) {
    serve = (socket) => {
      socket.write(Buffer.concat([Buffer.of(3), Buffer.alloc(3072, 1)]));
      socket.write(Buffer.concat([conversation[3] ?? Buffer.of(), command('_result', 4, null, streamId)]));
      socket.write(conversation[6] ?? Buffer.of());
      socket.on('data', () => socket.end());
    };
    const { signal } = new AbortController();
    const publisher = await RtmpPublisher.start({ target, guard: new AddressGuard(), clock: systemClock }, signal);
    await t.resolves(publisher.close(), String(streamId));
  }
});

t.test('a server cannot begin many long messages and end none', async (t) => {
  const reader = (count: number) => {
    const streams = new ChunkReader(() => undefined);
    // one chunk of a long message on each of many streams
    for (let id = 3; id < 3 + count; id += 1) {
      streams.push(
        writeChunks({ type: 9, streamId: 1, timestamp: 0, payload: Buffer.alloc(999_999) }, id, 128).subarray(0, 140),
      );
    }
  };
  reader(16);
  t.throws(() => reader(17), RangeError);
});
