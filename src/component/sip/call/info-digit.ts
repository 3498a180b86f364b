import { contentTypeOf } from '../message/header-values.ts';
import type { SipRequest } from '../message/sip-message.ts';

/** Keys that are written as the numbers of their telephone events (RFC 4733 section 3.2). */
const events: Readonly<Record<string, string>> = { 10: '*', 11: '#', 12: 'A', 13: 'B', 14: 'C', 15: 'D' };

const maxLength = 256;

/**
 * The key in an INFO, as phones without RFC 4733 send it: `Signal=5` in `application/dtmf-relay`, or `5` in `application/dtmf`.
 * @returns one of `0-9*#ABCD`
 */
export function digitOfInfo({ headers, body }: SipRequest): string | undefined {
  const type = contentTypeOf(headers);
  if (body.length > maxLength || (type !== 'application/dtmf-relay' && type !== 'application/dtmf')) return undefined;
  const text = body.toString('latin1');
  const signal = type === 'application/dtmf' ? text : /^\s*signal\s*=([^\r\n]*)/im.exec(text)?.[1];
  const word = (signal ?? '').trim().toUpperCase();
  return events[word] ?? (/^[\d*#A-D]$/.test(word) ? word : undefined);
}
