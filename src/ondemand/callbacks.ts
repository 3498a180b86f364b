import { z } from 'zod';
import type { Clock } from '../clock/clock.ts';
import { Deadline } from '../clock/deadline.ts';
import type { Database } from '../database/database.ts';
import { Outbox, type OutboxMessage } from '../database/outbox.ts';
import type { Queries } from '../database/tables.ts';
import type { Logger } from '../log/logger.ts';
import type { AddressGuard } from '../net/address-guard.ts';
import { bodySignature } from '../net/body-signature.ts';
import { OutboundClient } from '../net/outbound-client.ts';
import type { Accounts } from './accounts.ts';

/** docs/contracts/jod.md 5.1, in ms. */
const timeout = 10_000;
const delays = [1000, 5000, 25_000, 60_000, 300_000];
/** Callbacks at a time: receivers that do not respond must not keep others waiting. */
const concurrency = 128;
/** Bytes that are read of a response: nobody looks at them. */
const maxBodyBytes = 1024;

const messageSchema = z.object({ account: z.string(), url: z.string(), text: z.string() });

export interface CallbacksOptions {
  readonly database: Database;
  readonly accounts: Pick<Accounts, 'named'>;
  readonly guard: AddressGuard;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Whose callback it is, and where to. */
export interface CallbackReceiver {
  /** Of the deployment. */
  readonly id: string;
  readonly account: string;
  readonly callback_url: string;
}

/** Tells customers how their deployments ended: docs/contracts/jod.md 5. */
export class Callbacks {
  readonly #accounts: Pick<Accounts, 'named'>;
  readonly #client: OutboundClient;
  readonly #outbox: Outbox;
  readonly #clock: Clock;

  constructor({ database, accounts, guard, clock, logger }: CallbacksOptions) {
    this.#accounts = accounts;
    this.#clock = clock;
    this.#client = new OutboundClient({ guard, connectTimeout: timeout, responseTimeout: timeout, maxBodyBytes });
    const deliver = (message: OutboxMessage, signal: AbortSignal) => this.#deliver(message, signal);
    this.#outbox = new Outbox({ database, topic: 'callback', deliver, delays, concurrency, clock, logger });
  }

  /** Adds a callback to a transaction. {@link wake} is to be called when that is done. @param text its body, JSON */
  async add(queries: Queries, receiver: CallbackReceiver, text: string): Promise<void> {
    await this.#outbox.add(queries, receiver.id, { account: receiver.account, url: receiver.callback_url, text });
  }

  /** Sends what is due. */
  wake(): void {
    this.#outbox.wake();
  }

  /** What was not delivered is sent after the next start. Idempotent. */
  async close(): Promise<void> {
    await this.#outbox.close();
    await this.#client.close();
  }

  /** @throws Error when nothing was delivered; its message holds no secret of the URL */
  async #deliver({ body }: OutboxMessage, stopped: AbortSignal): Promise<void> {
    const { account, url, text } = messageSchema.parse(body);
    const secret = this.#accounts.named(account)?.callbackSecret;
    const headers = {
      'content-type': 'application/json',
      ...(secret && { 'x-jod-signature': bodySignature(secret, text) }),
    };
    const late = new Deadline(this.#clock, timeout);
    const signal = AbortSignal.any([stopped, late.signal]);
    try {
      const { status } = await this.#client.request({ method: 'POST', url, headers, body: text, signal });
      if (status < 200 || status > 299) throw new Error(`HTTP status ${status}`);
    } finally {
      late.close();
    }
  }
}
