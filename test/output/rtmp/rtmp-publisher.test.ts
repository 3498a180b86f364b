// Against a scripted server, for what the real one does not do: credentials, pings, words of refusal.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import { AddressGuard } from '../../../src/net/address-guard.ts';
import { type AmfObject, type AmfValue, decodeAmf0, encodeAmf0 } from '../../../src/output/rtmp/amf0.ts';
import { ChunkReader, messageType, type RtmpMessage, writeChunks } from '../../../src/output/rtmp/rtmp-message.ts';
import { RtmpPublisher } from '../../../src/output/rtmp/rtmp-publisher.ts';
import { rtmpTarget } from '../../../src/output/rtmp/rtmp-target.ts';

/** Writes a message to the client. */
type Write = (type: number, payload: Buffer) => void;
type OnCommand = (write: Write, name: string, transaction: number, values: readonly AmfValue[]) => void;

async function serve(t: Test, onCommand: OnCommand, onMessage: (message: RtmpMessage) => void = () => undefined) {
  const server = createServer((socket) => converse(socket, onCommand, onMessage)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

function converse(socket: Socket, onCommand: OnCommand, onMessage: (message: RtmpMessage) => void): void {
  let greeting = Buffer.alloc(0);
  const write: Write = (type, payload) => {
    socket.write(writeChunks({ type, streamId: 0, timestamp: 0, payload }, 3, 128));
  };
  const reader = new ChunkReader((message) => {
    onMessage(message);
    if (message.type !== messageType.command) return;
    const [name, transaction, ...values] = decodeAmf0(message.payload);
    onCommand(write, String(name), Number(transaction), values);
  });
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    if (greeting.length >= 3073) return reader.push(bytes);
    const had = greeting.length;
    greeting = Buffer.concat([greeting, bytes]);
    if (had < 1537 && greeting.length >= 1537)
      socket.write(Buffer.concat([greeting.subarray(0, 1537), greeting.subarray(1, 1537)]));
    if (greeting.length > 3073) reader.push(greeting.subarray(3073));
  });
}

const answer = (write: Write, ...values: AmfValue[]) => write(messageType.command, encodeAmf0(...values));
const status = (level: string, code: string, description = ''): AmfObject => ({ level, code, description });

function accept(write: Write, name: string, transaction: number): void {
  if (name === 'connect') answer(write, '_result', transaction, {}, status('status', 'NetConnection.Connect.Success'));
  if (name === 'releaseStream')
    answer(write, '_error', transaction, null, status('error', 'NetConnection.Call.Failed'));
  if (name === 'createStream') answer(write, '_result', transaction, null, 7);
  if (name === 'publish') answer(write, 'onStatus', 0, null, status('status', 'NetStream.Publish.Start'));
}

const start = (port: number, userPart = '') => {
  const target = rtmpTarget(`rtmp://${userPart}127.0.0.1:${port}/live/the-key`);
  const options = { target, guard: new AddressGuard(), clock: systemClock };
  return RtmpPublisher.start(options, new AbortController().signal);
};

t.test('a server that requires authentication gets it', async (t) => {
  const apps: string[] = [];
  const port = await serve(t, (write, name, transaction, values) => {
    const app = String((values[0] as AmfObject | null)?.app ?? '');
    if (name === 'connect') apps.push(app);
    const refuse = (description: string) =>
      answer(write, '_error', transaction, null, status('error', 'NetConnection.Connect.Rejected', description));
    if (name !== 'connect' || app.includes('&response=')) return accept(write, name, transaction);
    if (!app.includes('user=')) return refuse('[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ');
    refuse('[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=me&salt=abc&challenge=def&opaque=def');
  });
  const publisher = await start(port, 'me:hush@');
  await publisher.close();
  t.match(apps, [
    'live',
    'live?authmod=adobe&user=me',
    /^live\?authmod=adobe&user=me&challenge=\w{8}&response=.{24}&opaque=def$/,
  ]);
  t.notMatch(apps.join(), /hush/);
  await t.rejects(start(port), { kind: 'refused', message: /refused the connection/ }, 'without credentials');
});

t.test('refusals are explained without secrets', async (t) => {
  const cases = [
    ['NetStream.Publish.BadName', /\(NetStream\.Publish\.BadName\): Input\/output error$/],
    ['the-key is bad', /\(no reason\): Input\/output error$/],
  ] as const;
  for (const [code, message] of cases) {
    const port = await serve(t, (write, name, transaction) => {
      if (name !== 'publish') return accept(write, name, transaction);
      answer(write, 'onStatus', 0, null, status('error', code, 'the-key'));
    });
    await t.rejects(start(port), { kind: 'refused', message });
  }
});

t.test('pings are responded to, and an error ends the stream', async (t) => {
  let write: Write | undefined;
  const pongs: Buffer[] = [];
  let onPong = () => {};
  const pong = new Promise<void>((resolve) => {
    onPong = resolve;
  });
  const onCommand: OnCommand = (writer, ...command) => {
    write = writer;
    accept(writer, command[0], command[1]);
  };
  const port = await serve(t, onCommand, ({ type, payload }) => {
    if (type !== messageType.userControl) return;
    pongs.push(payload);
    onPong();
  });
  const publisher = await start(port);
  write?.(messageType.userControl, Buffer.from('000600001234', 'hex'));
  await pong;
  t.equal(pongs[0]?.toString('hex'), '000700001234');
  const lost = once(publisher.observer, 'lost');
  if (write) answer(write, 'onStatus', 0, null, status('error', 'NetStream.Publish.Denied'));
  await lost;
  await publisher.close();
});

t.test('a server that does not speak RTMP fails', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  await t.rejects(start((server.address() as AddressInfo).port), { kind: 'broken', message: /cannot be reached/ });
});
