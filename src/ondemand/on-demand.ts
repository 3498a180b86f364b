import type { Clock } from '../clock/clock.ts';
import type { OnDemandConfig } from '../config/ondemand.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../log/logger.ts';
import type { Slot } from '../recorder/slot.ts';
import type { Slots } from '../recorder/slots.ts';

/** A listener for one recorder. */
export interface RecorderPort {
  /** Resolves when the port is free again. Idempotent. */
  close(): Promise<void>;
}

/** Opens a port of a recorder's own, which asks for the token of its `customer`. Rejects when the address cannot be bound */
export type OpenRecorderPort = (
  slot: Slot,
  address: { readonly ip: string; readonly port: number },
) => Promise<RecorderPort>;

export interface OnDemandOptions {
  readonly config: OnDemandConfig;
  /** Where the alias of a recorder is, without a slash at the end. */
  readonly publicAddress: string;
  readonly database: Database;
  readonly slots: Slots;
  readonly clock: Clock;
  readonly logger: Logger;
}

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

/** Recorders that customers order for some hours. */
export class OnDemand {
  /** Opens the accounts; deployments begin with {@link start}. @throws StartError when the accounts cannot be read */
  static async open(options: OnDemandOptions): Promise<OnDemand> {
    void options;
    return await Promise.reject(new Error('to be written'));
  }

  /** Restores deployments and takes orders from now on. To be called when the server listens. */
  async start(openPort: OpenRecorderPort): Promise<void> {
    void openPort;
  }

  /** Charges an account. The deployment waits for {@link deploy}. @throws OrderError, ShoalError databaseUnavailable */
  async order(fields: OrderFields): Promise<Order> {
    void fields;
    return await Promise.reject(new Error('to be written'));
  }

  /** Begins a deployment: to be called when the response to its order has been sent, or has failed. */
  deploy(deploymentId: string): void {
    void deploymentId;
  }

  /** Deployments go on with the next start. Idempotent. */
  async close(): Promise<void> {}
}
