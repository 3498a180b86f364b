/** Delays between two deliveries to a failing receiver, in ms. */
const firstDelay = 250;
const longestDelay = 10_000;
/** A receiver may ask for more patience than that, up to here. */
const longestRetryAfter = 30_000;

/**
 * Doubles with every failure; half of it is left to chance, so that rooms with one receiver do not come back together.
 * @param failures in a row, from 1
 * @param random from 0 to 1
 * @returns ms
 */
export function backOff(failures: number, random: number): number {
  const delay = Math.min(firstDelay * 2 ** (failures - 1), longestDelay);
  return delay * (0.5 + random / 2);
}

/**
 * @param header seconds or an HTTP date, RFC 9110 10.2.3
 * @param now Unix time in ms
 * @returns ms, bounded; 0 for a header that says nothing
 */
export function retryAfter(header: string, now: number): number {
  const asked = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(asked) ? 0 : Math.min(Math.max(asked, 0), longestRetryAfter);
}
