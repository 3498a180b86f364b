import { SipError } from './sip-error.ts';

const maxLength = 64;

/**
 * The number that is dialled: without `-.()` and white space (docs/contracts/fishjam-rest.md 7.1).
 * @returns digits with an optional leading `+` @throws SipError bad_number
 */
export function dialledNumber(given: string): string {
  const number = given.length > 16 * maxLength ? '' : given.replace(/[-.() \t\r\n]/g, '');
  if (!/^\+?\d+$/.test(number) || number.length > maxLength) throw new SipError('bad_number');
  return number;
}
