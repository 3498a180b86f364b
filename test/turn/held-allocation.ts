import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Test } from 'tap';
import type { TurnEntry } from '../../src/turn/turn-credentials.ts';

const magicCookie = 0x2112a442;
const allocate = 3;
const [username, messageIntegrity, errorCode, realm, nonce, relayedAddress, requestedTransport] = [
  0x06, 0x08, 0x09, 0x14, 0x15, 0x16, 0x19,
];
const udp = Buffer.from([17, 0, 0, 0]);

/** An allocation that its client neither refreshes nor ends: the client of a closed tab. Or the error code of its refusal. */
export type HeldAllocation = { readonly relayPort: number } | { readonly refused: number };

/** Allocates at the entry's UDP server: RFC 8656, section 7. The socket stays open until the test ends. */
export async function holdAllocation(t: Test, entry: TurnEntry | undefined): Promise<HeldAllocation> {
  if (!entry) throw new Error('no such entry');
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  const connected = once(socket, 'connect');
  socket.connect(entry.serverPort, entry.serverAddr);
  await connected;
  const transport = attribute(requestedTransport, udp);
  const challenge = await exchange(socket, message([transport]));
  const where = challenge.get(realm) ?? Buffer.alloc(0);
  const key = createHash('md5').update(`${entry.username}:${where}:${entry.password}`).digest();
  const credentials = [
    attribute(username, Buffer.from(entry.username)),
    attribute(realm, where),
    attribute(nonce, challenge.get(nonce) ?? Buffer.alloc(0)),
  ];
  const response = await exchange(socket, message([transport, ...credentials], key));
  const error = response.get(errorCode);
  if (error) return { refused: error.readUInt8(2) * 100 + error.readUInt8(3) };
  const address = response.get(relayedAddress);
  if (!address) throw new Error('neither an address nor an error');
  return { relayPort: address.readUInt16BE(2) ^ (magicCookie >>> 16) };
}

async function exchange(socket: Socket, request: Buffer): Promise<Map<number, Buffer>> {
  const received = once(socket, 'message') as Promise<[Buffer]>;
  socket.send(request);
  const [response] = await received;
  const attributes = new Map<number, Buffer>();
  for (let at = 20; at + 4 <= response.length; ) {
    const length = response.readUInt16BE(at + 2);
    attributes.set(response.readUInt16BE(at), response.subarray(at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return attributes;
}

function message(attributes: readonly Buffer[], key?: Buffer): Buffer {
  const body = Buffer.concat(attributes);
  const header = Buffer.alloc(20);
  header.writeUInt16BE(allocate, 0);
  header.writeUInt16BE(body.length + (key ? 24 : 0), 2);
  header.writeUInt32BE(magicCookie, 4);
  randomBytes(12).copy(header, 8);
  const text = Buffer.concat([header, body]);
  if (!key) return text;
  return Buffer.concat([text, attribute(messageIntegrity, createHmac('sha1', key).update(text).digest())]);
}

function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}
