import { hash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../config/secret.ts';

/** A domain that recorders may be ordered for. */
export interface AccountDomain {
  readonly domain: string;
  /** Whether the administrator has bound it to this server. */
  readonly configured: boolean;
  /** What the ids of its rooms begin with. */
  readonly room_prefix?: string | undefined;
  readonly tenant?: string | undefined;
}

/** Somebody who may order recorders: docs/contracts/jod.md 3. */
export interface Account {
  readonly name: string;
  /** SHA-256 of its key. */
  readonly keyDigest: Buffer;
  /** Signs the callbacks. */
  readonly callbackSecret: Secret | undefined;
  /** Cents that it begins with. */
  readonly openingBalance: number;
  /** In its currency. */
  readonly pricePerRecorderHour: number;
  readonly domains: readonly AccountDomain[];
}

/** The account with a key. All of them are compared, in a time that tells nothing about keys. */
export function accountWithKey(accounts: readonly Account[], key: string): Account | undefined {
  const digest = hash('sha256', key, 'buffer');
  let found: Account | undefined;
  for (const account of accounts) if (timingSafeEqual(account.keyDigest, digest)) found = account;
  return found;
}
