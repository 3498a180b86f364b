import { type LocationCode, locationCodes, type OnDemandConfig } from '../config/ondemand.ts';
import { readDomain } from './domain-name.ts';

/** The members of an order as they were sent: docs/contracts/jod.md 1. */
export type OrderFields = Readonly<
  Record<'apiKey' | 'domain' | 'recorders' | 'duration' | 'location' | 'callback_url', string | undefined>
>;

/** An order that was charged. */
export interface Order {
  readonly deploymentId: string;
  /** Cents that are left. */
  readonly balance: number;
}

/** Why an order was refused: docs/contracts/jod.md 2. `retryAfter` in seconds; `balance` in cents. */
export type OrderRefusal =
  | { readonly reason: 'unavailable'; readonly retryAfter: number }
  | { readonly reason: 'unknownKey' | 'incompleteDomain' }
  | { readonly reason: 'missing' | 'invalid'; readonly field: string }
  | { readonly reason: 'balance'; readonly balance: number };

/** An order that is refused costs nothing. */
export class OrderError extends Error {
  override readonly name = 'OrderError';
  readonly refusal: OrderRefusal;

  constructor(refusal: OrderRefusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

/** What is wanted, when every field is valid. */
export interface WantedRecorders {
  readonly domain: string;
  readonly recorders: number;
  readonly hours: number;
  readonly location: LocationCode;
  readonly callbackUrl: URL;
}

const maxUrl = 2048;

/** Reads the fields, in the order of docs/contracts/jod.md 1. @throws OrderError for the first that is missing or invalid */
export function wantedRecorders(
  fields: OrderFields,
  limits: Pick<OnDemandConfig, 'maxRecorders' | 'maxDuration'>,
): WantedRecorders {
  const read = <Value>(field: keyof OrderFields, parse: (text: string) => Value | undefined): Value => {
    const text = fields[field]?.trim() ?? '';
    if (text === '') throw new OrderError({ reason: 'missing', field });
    const value = parse(text);
    if (value === undefined) throw new OrderError({ reason: 'invalid', field });
    return value;
  };
  return {
    domain: read('domain', readDomain),
    recorders: read('recorders', (text) => readCount(text, limits.maxRecorders)),
    hours: read('duration', (text) => readCount(text, limits.maxDuration)),
    location: read('location', (text) => locationCodes.find((code) => code === text.toLowerCase())),
    callbackUrl: read('callback_url', readUrl),
  };
}

/** A whole number from 1 to `max`, in decimal digits. */
function readCount(text: string, max: number): number | undefined {
  const count = Number(text);
  return /^\d+$/.test(text) && count >= 1 && count <= max ? count : undefined;
}

/** An absolute URL without user info. */
function readUrl(text: string): URL | undefined {
  if (text.length > maxUrl || !/^https?:\/\/[^/?#\\@\s]+([/?#][^\s]*)?$/i.test(text)) return undefined;
  return URL.parse(text) ?? undefined;
}
