// What anybody may send to the SIP port.
import t from 'tap';
import {
  contactExpiresOf,
  contactsOf,
  contentTypeOf,
  expiresOf,
  fromOf,
  maxForwardsOf,
  minExpiresOf,
  recordRoutesOf,
  retryAfterOf,
  routesOf,
  toOf,
  viasOf,
  wordsOf,
} from '../../src/component/sip/message/header-values.ts';
import { MessageStream } from '../../src/component/sip/message/message-stream.ts';
import { formatNameAddress, parseNameAddress } from '../../src/component/sip/message/name-address.ts';
import { outgoingResponse } from '../../src/component/sip/message/outgoing-response.ts';
import { parseDatagram } from '../../src/component/sip/message/parse-message.ts';
import type { SipMessage } from '../../src/component/sip/message/sip-message.ts';
import { equalSipUris, formatSipUri, parseSipUri, plainUser } from '../../src/component/sip/message/sip-uri.ts';
import { formatVia, parseVia } from '../../src/component/sip/message/via.ts';
import { writeMessage } from '../../src/component/sip/message/write-message.ts';
import { SipError } from '../../src/component/sip/sip-error.ts';
import { receivedRequest, responsePort } from '../../src/component/sip/transport/received-request.ts';
import { mutatedBytes, pick } from './mutation.ts';
import { fuzz } from './rounds.ts';

const invite = [
  'INVITE sip:1001@192.0.2.7:5060;transport=udp SIP/2.0',
  'Record-Route: <sip:192.0.2.1;lr;ftag=abc>, "P 2" <sip:[2001:db8::1]:5070;lr>',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1.0,SIP/2.0/TCP phone.example;rport=5062;received=192.0.2.8',
  'v: SIP/2.0/UDP [2001:db8::2] ; branch = z9hG4bK2;x="a \\"b\\""',
  'From: "Alice \\"A\\" B" <sip:alice%20b:secret@example.org;user=phone?subject=x>;tag=Ab1',
  't: <tel:+49-30-1;phone-context=example.org>',
  'Call-ID: a84b4c76e66710@example.org',
  'CSeq: 4711 INVITE',
  'Contact: "A, B" <sip:alice@192.0.2.8:5062>;expires=60;q=0.5,\r\n <sip:alice@phone.example>',
  'Max-Forwards: 69',
  'Supported: timer, 100rel',
  'k: path',
  'Content-Type: application/sdp;x=y',
  'Content-Length: 4',
  '',
  'v=0\n',
].join('\r\n');
const refusal = [
  'SIP/2.0 423 Interval Too Brief',
  'Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK3;rport=5060;received=192.0.2.7',
  'From: sip:1001@example.org;tag=1',
  'To: sip:1001@example.org;tag=2',
  'Call-ID: b',
  'CSeq: 2 REGISTER',
  'Min-Expires: 3600',
  'Expires: 60',
  'Retry-After: 18000;duration=3600 (maintenance)',
  'Contact: *',
  'Route: <sip:192.0.2.1;lr>',
  'l: 0',
  '\r\n',
].join('\r\n');
const samples = [invite, refusal].map((text) => Buffer.from(text));

/** @returns undefined when the work refuses its input by the one error that it may throw */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof SipError && error.code === 'bad_message') return undefined;
    throw error;
  }
}

/** All that is read of a message, and what is written because of it. */
function use(message: SipMessage): void {
  const { headers } = message;
  const addresses = [fromOf, toOf].flatMap((read) => read(headers) ?? []);
  for (const read of [contactsOf, recordRoutesOf, routesOf]) addresses.push(...(read(headers) ?? []));
  for (const address of addresses) {
    contactExpiresOf(address.parameters);
    if (!parseNameAddress(formatNameAddress(address))) throw new Error(`not read again: ${formatNameAddress(address)}`);
    useUri(address.uri);
  }
  for (const via of viasOf(headers) ?? []) {
    if (!parseVia(formatVia(via))) throw new Error(`not read again: ${formatVia(via)}`);
  }
  for (const read of [expiresOf, minExpiresOf, retryAfterOf, maxForwardsOf, contentTypeOf]) read(headers);
  wordsOf(headers, 'supported');
  attempt(() => writeMessage(message));
  if (message.type === 'response') return;
  useUri(message.uri);
  responsePort(message, 5060);
  const request = receivedRequest(message, { address: '2001:db8::7', port: 65_535 });
  const response = outgoingResponse(request, 200, { toTag: 'x' });
  if (!parseDatagram(writeMessage(response))) throw new Error('our response is not read');
}

function useUri(text: string): void {
  const uri = parseSipUri(text);
  if (!uri) return;
  plainUser(uri);
  const again = parseSipUri(formatSipUri(uri));
  if (!again || !equalSipUris(uri, again)) throw new Error(`not read again: ${text}`);
}

t.test('whatever a datagram holds is read or dropped', async (t) => {
  let read = 0;
  await fuzz(t, 1200, (random) => {
    const message = attempt(() => parseDatagram(mutatedBytes(random, pick(random, samples))));
    if (!message) return;
    read += 1;
    use(message);
  });
  t.ok(read > 50, `${read} were messages`);
});

t.test('whatever a connection carries is split into messages or ends it', async (t) => {
  let read = 0;
  await fuzz(t, 600, (random) => {
    const stream = new MessageStream({
      message: (message) => {
        read += 1;
        use(message);
      },
      malformed: () => undefined,
      emptyLines: () => undefined,
    });
    const parts = Array.from({ length: 6 }, () => {
      const sample = pick(random, [...samples, Buffer.from('\r\n\r\n')]);
      return random() < 0.3 ? mutatedBytes(random, sample) : sample;
    });
    const bytes = Buffer.concat(parts);
    attempt(() => {
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + Math.floor(random() * 1500);
        stream.push(bytes.subarray(at, at + size));
        at += size;
      }
    });
  });
  t.ok(read > 300, `${read} messages`);
});

/** A message whose parts are as long as the limits allow, made of one piece. */
const long: readonly ((piece: string, length: number) => string)[] = [
  (piece, length) => invite.replace('Ab1', piece.repeat(length / piece.length)),
  (piece, length) => invite.replace('"Alice', piece.repeat(length / piece.length)),
  (piece, length) => invite.replace('z9hG4bK1.0', piece.repeat(length / piece.length)),
  (piece, length) => invite.replace('ftag', piece.repeat(length / piece.length)),
  (piece, length) => invite.replace('1001', piece.repeat(length / piece.length)),
  (piece, length) => invite.replace('CSeq: ', `CSeq: ${piece.repeat(length / piece.length)}`),
  (piece, length) => invite.replace('timer', piece.repeat(length / piece.length)),
];

t.test('the time to read a message is linear in its length', async (t) => {
  const pieces = [
    'a',
    '"',
    '\\"',
    ' ',
    ';',
    ';a=',
    ';a="b"',
    ',',
    '<',
    '>',
    '@',
    ':',
    '%41',
    '(',
    '.',
    '-',
    '=',
    '\t',
    '/',
    '[',
  ];
  for (const make of long) {
    for (const piece of pieces) {
      const cpu = (length: number) => {
        const bytes = Buffer.from(make(piece, length));
        const before = process.threadCpuUsage();
        for (let count = 0; count < 10; count += 1) {
          const message = attempt(() => parseDatagram(bytes));
          if (message) use(message);
        }
        const { user, system } = process.threadCpuUsage(before);
        return (user + system) / 1000;
      };
      cpu(1000);
      const [once, twice] = [cpu(3600), cpu(7200)];
      t.ok(twice < 4 * once + 50, JSON.stringify(piece), { once, twice });
    }
  }
});
