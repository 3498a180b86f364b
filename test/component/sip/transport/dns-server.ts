import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Test } from 'tap';

/** What a question is answered with: the data of each record. */
export type DnsAnswers = (name: string, type: number) => readonly Buffer[] | undefined;

export const recordTypes = { srv: 33, naptr: 35 };

/** A DNS server on 127.0.0.1; a name without an answer does not exist (NXDOMAIN). @returns its address and port */
export async function openDnsServer(t: Test, answers: DnsAnswers): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { address, port }) => socket.send(responseTo(query, answers), port, address));
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  t.teardown(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return `127.0.0.1:${(socket satisfies Socket).address().port}`;
}

/** Of `example.org`. */
export function encodedName(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.');
  return Buffer.concat([...labels.map((label) => text(label)), Buffer.from([0])]);
}

export function srvData(priority: number, weight: number, port: number, target: string): Buffer {
  return Buffer.concat([numbers(priority, weight, port), encodedName(target)]);
}

export function naptrData(order: number, preference: number, service: string, replacement: string): Buffer {
  return Buffer.concat([numbers(order, preference), text('s'), text(service), text(''), encodedName(replacement)]);
}

/** RFC 1035 section 4.1. */
function responseTo(query: Buffer, answers: DnsAnswers): Buffer {
  const { name, end } = questionName(query);
  const type = query.readUInt16BE(end);
  const records = answers(name, type);
  const head = Buffer.concat([query.subarray(0, 2), numbers(records ? 0x8180 : 0x8183, 1, records?.length ?? 0, 0, 0)]);
  const encoded = (records ?? []).map((data) =>
    // the name of the question, its type, class IN, lifetime 0
    Buffer.concat([numbers(0xc00c, type, 1, 0, 0, data.length), data]),
  );
  return Buffer.concat([head, query.subarray(12, end + 4), ...encoded]);
}

function questionName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => void bytes.writeUInt16BE(value, index * 2));
  return bytes;
}
