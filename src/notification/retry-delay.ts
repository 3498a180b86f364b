/** Delays between two deliveries to a failing receiver, in ms. */
const firstDelay = 250;
const maxDelay = 10_000;
/** Maximum delay that a receiver may ask for, in ms. */
const maxRetryAfter = 30_000;

/**
 * The delay before the next delivery. It doubles with every failure; half of it is random, so that rooms with the same receiver do not
 * retry at the same time.
 * @param failures in a row, from 1
 * @param random from 0 to 1
 * @returns ms
 */
export function backOff(failures: number, random: number): number {
  const delay = Math.min(firstDelay * 2 ** (failures - 1), maxDelay);
  return delay * (0.5 + random / 2);
}

/**
 * The delay that a `Retry-After` header asks for.
 * @param header seconds or an HTTP date, RFC 9110 10.2.3
 * @param now Unix time in ms
 * @returns ms, at most 30 000; 0 for an invalid header
 */
export function retryAfter(header: string, now: number): number {
  const asked = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(asked) ? 0 : Math.min(Math.max(asked, 0), maxRetryAfter);
}
