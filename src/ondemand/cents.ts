/** The largest amount that an account may have, in cents: sums of it are still exact. */
export const maxCents = 10 ** 14;

/** Digits after the point that are read of an amount. */
const digits = 10;
const unit = 10n ** BigInt(digits);

/** An amount in cents, rounded half up. @param amount in the account's currency, from 0 to 10^12, as it is printed */
export function centsOf(amount: number): number {
  return rounded(exact(amount) * 100n);
}

/** Cents of recorders for some hours, rounded half up: docs/contracts/jod.md 6. @param hourly price of one in an hour, in the account's currency */
export function priceOf(recorders: number, hours: number, hourly: number): number {
  return rounded(BigInt(recorders) * BigInt(hours) * exact(hourly) * 100n);
}

/** Cents of an amount such as `12.5`; undefined: it is none, or has more than two decimals. */
export function readCents(text: string): number | undefined {
  const [, whole = '', decimals = ''] = /^(\d{1,13})(?:\.(\d{1,2}))?$/.exec(text) ?? [];
  const cents = Number(whole + decimals.padEnd(2, '0'));
  return whole !== '' && cents <= maxCents ? cents : undefined;
}

/** `1250` as `12.50`. */
export function writeCents(cents: number): string {
  const text = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`;
}

/** The decimal that a number was written as: its nearest binary fraction is not it. */
function exact(amount: number): bigint {
  return BigInt(amount.toFixed(digits).replace('.', ''));
}

function rounded(cents: bigint): number {
  return Number((cents + unit / 2n) / unit);
}
