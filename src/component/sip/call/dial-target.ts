import { formatSipUri, parseSipUri } from '../message/sip-uri.ts';
import { SipError } from '../sip-error.ts';
import type { CallLine } from './call-line.ts';

/**
 * The URI that is called for a number, `user@host`, or a SIP or SIPS URI.
 * @param target numbers have no separators: digits with an optional leading `+`
 * @throws SipError bad_number; bad_address for what looks like an address
 */
export function dialTarget(target: string, { domain, secure }: Pick<CallLine, 'domain' | 'secure'>): string {
  const scheme = secure ? 'sips' : 'sip';
  if (!/^sips?:|@/i.test(target)) {
    if (domain === undefined || !/^\+?\d{1,64}$/.test(target)) throw new SipError('bad_number');
    return `${scheme}:${target}@${domain}`;
  }
  const uri = parseSipUri(/^sips?:/i.test(target) ? target : `${scheme}:${target}`);
  if (!uri) throw new SipError('bad_address');
  const { headers: _, ...plain } = uri;
  return formatSipUri(plain);
}
