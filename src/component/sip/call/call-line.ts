import type { ServerTransaction, Transactions } from '../transaction/transaction.ts';
import type { Hop } from '../transport/hop.ts';
import type { HopResolver } from '../transport/sip-transport.ts';

/** What requests of a dialog are recognised by. */
export interface DialogKey {
  readonly callId: string;
  /** Ours: the tag of To in requests that we receive. Several dialogs of one forked call share it. */
  readonly localTag: string;
}

/** What calls are made over: an account of a registrar, or nothing but our own address. */
export interface CallLine {
  /**
   * Those of this call alone, or all of them: they answer challenges with the credentials of the account, at the hops that may have them.
   */
  readonly transactions: Transactions;
  readonly resolver: HopResolver;
  /** Who calls, as a name-addr without a tag: `"Name" <sip:user@host>`. */
  readonly from: string;
  /** The host of a number: `example.org`, or `example.org:5070`. Undefined: only whole addresses can be called. */
  readonly domain?: string;
  /** Numbers are called by `sips:`. */
  readonly secure?: boolean;
  /** URI of a proxy that all requests outside a dialog go to first, without `lr`: `sip:proxy.example.org;transport=tcp`. */
  readonly proxy?: string;
  /** Our URI, for Contact, in requests to this hop: `sip:user@192.0.2.1:5060;transport=tcp`. */
  contact(hop: Hop): string;
  /** Whether media may be sent to this IP address. */
  permits(address: string): boolean;
  /**
   * From now on requests of this dialog come here, ACK and CANCEL excepted: their transactions have them.
   * @returns a function that ends this. Idempotent.
   */
  addDialog(key: DialogKey, receive: (transaction: ServerTransaction) => void): () => void;
}
