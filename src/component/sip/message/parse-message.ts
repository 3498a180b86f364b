import { SipError } from '../sip-error.ts';
import { contentLengthOf, fromOf, sequenceOf, toOf, topViaOf } from './header-values.ts';
import { maxHeadBytes, parseSipHead, type SipHead } from './sip-head.ts';
import type { SipHeaders } from './sip-headers.ts';
import type { SipMessage } from './sip-message.ts';

/** Of a whole message, in bytes. */
export const maxMessageBytes = 64 * 1024;
const emptyLine = Buffer.from('\r\n\r\n');

/**
 * Parses a datagram. Bytes after its body are ignored (RFC 3261 section 18.3), and so are empty lines before it.
 * @returns undefined for a datagram that holds nothing but empty lines: it keeps a NAT binding open
 * @throws SipError bad_message
 */
export function parseDatagram(data: Buffer): SipMessage | undefined {
  const start = startOfMessage(data);
  if (start === data.length) return undefined;
  if (data.length - start > maxMessageBytes) throw new SipError('bad_message');
  const message = data.subarray(start);
  const end = message.subarray(0, maxHeadBytes).indexOf(emptyLine);
  if (end < 0) throw new SipError('bad_message');
  const head = parseSipHead(message.toString('utf8', 0, end));
  const bodyStart = end + emptyLine.length;
  const length = contentLengthOf(head.headers) ?? message.length - bodyStart;
  if (bodyStart + length > message.length) throw new SipError('bad_message');
  return wholeMessage(head, message.subarray(bodyStart, bodyStart + length));
}

/** The index of the first byte that is no CR or LF. */
export function startOfMessage(data: Buffer): number {
  let at = 0;
  while (at < data.length && (data[at] === 0x0d || data[at] === 0x0a)) at += 1;
  return at;
}

/** Headers that a message has exactly once (RFC 3261 section 8.1.1). */
const single = ['from', 'to', 'call-id', 'cseq'];
/** Headers that it may have once. */
const optional = ['content-length', 'content-type', 'max-forwards', 'expires'];

/**
 * A message with what every message must have.
 * @throws SipError bad_message when Via, From, To, Call-ID or CSeq is missing, repeated or not well-formed
 */
export function wholeMessage(head: SipHead, body: Buffer): SipMessage {
  const { headers } = head;
  const sequence = sequenceOf(headers);
  const valid =
    hasRightNumbers(headers) &&
    (headers.get('content-length') === undefined || contentLengthOf(headers) !== undefined) &&
    /^\S+$/.test(headers.get('call-id') ?? '') &&
    sequence !== undefined &&
    (head.type === 'response' || sequence.method === head.method) &&
    topViaOf(headers) !== undefined &&
    fromOf(headers) !== undefined &&
    toOf(headers) !== undefined;
  if (!valid) throw new SipError('bad_message');
  return { ...head, body };
}

function hasRightNumbers(headers: SipHeaders): boolean {
  const numbers = new Map<string, number>();
  for (const [name] of headers) numbers.set(name, (numbers.get(name) ?? 0) + 1);
  return single.every((name) => numbers.get(name) === 1) && optional.every((name) => (numbers.get(name) ?? 0) <= 1);
}
