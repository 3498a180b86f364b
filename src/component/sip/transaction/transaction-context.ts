import type { Clock } from '../../../clock/clock.ts';
import type { SipResponse } from '../message/sip-message.ts';
import type { SipError } from '../sip-error.ts';
import type { Hop } from '../transport/hop.ts';
import type { SipTransport } from '../transport/sip-transport.ts';

/** Who waits for responses. */
export interface ResponseReceiver {
  /** Any response, repeated ones too. */
  receive(response: SipResponse): void;
  /** A connection to this hop was lost. */
  disconnected(hop: Hop): void;
  /** There will be no more. */
  fail(error: SipError): void;
}

/** What transactions share. */
export interface TransactionContext {
  readonly transport: SipTransport;
  readonly clock: Clock;
  /** Makes a word that nobody can guess, for branches and tags. */
  readonly token: () => string;
  /** By {@link responseKey}. */
  readonly waiting: Map<string, ResponseReceiver>;
}

/** Client transactions are found by the branch of their Via and by their method (RFC 3261 section 17.1.3). */
export function responseKey(branch: string, method: string): string {
  return `${method} ${branch}`;
}
