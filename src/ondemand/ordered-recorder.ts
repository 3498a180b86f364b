import { Secret } from '../config/secret.ts';
import type { Slot, SlotCustomer } from '../recorder/slot.ts';
import type { Slots } from '../recorder/slots.ts';
import type { RecorderAccess } from './callback-body.ts';
import type { RecorderAddress } from './recorder-address.ts';

/** A listener for one recorder. */
export interface RecorderPort {
  /** Resolves when the port is free again. Idempotent. */
  close(): Promise<void>;
}

/** Opens a port of a recorder's own, which asks for the token of its `customer`. Rejects when the address cannot be bound */
export type OpenRecorderPort = (slot: Slot, address: RecorderAddress) => Promise<RecorderPort>;

export interface OrderedRecorderOptions {
  readonly id: string;
  /** Required of its clients. */
  readonly token: string | undefined;
  /** Whose calls it may record. */
  readonly customer: Omit<SlotCustomer, 'token'>;
  readonly slots: Slots;
  readonly openPort: OpenRecorderPort;
}

/** A recorder of a deployment: a slot with a port of its own. */
export class OrderedRecorder {
  readonly id: string;
  readonly slot: Slot;
  readonly #slots: Slots;
  readonly #openPort: OpenRecorderPort;
  #port: RecorderPort | undefined;
  #closed = false;

  constructor({ id, token, customer, slots, openPort }: OrderedRecorderOptions) {
    this.id = id;
    this.#slots = slots;
    this.#openPort = openPort;
    const secret = token === undefined ? undefined : new Secret(token);
    this.slot = slots.add(id, { customer: { ...customer, token: secret } });
  }

  /** Whether it can be reached, and would take a session. */
  get ready(): boolean {
    return this.#port !== undefined && this.slot.status.state === 'idle';
  }

  /** How customers reach it. @param address that it listens on */
  accessAt(address: RecorderAddress): RecorderAccess {
    return { id: this.id, address, token: this.slot.customer?.token?.reveal() };
  }

  /** Listens there. @throws when the address cannot be bound */
  async listen(address: RecorderAddress): Promise<void> {
    const port = await this.#openPort(this.slot, address);
    if (this.#closed) await port.close();
    else this.#port = port;
  }

  /** Closes its port. Idempotent. */
  async closePort(): Promise<void> {
    this.#closed = true;
    await this.#port?.close();
  }

  /** Ends its session, closes its port, and removes it. */
  async close(): Promise<void> {
    await this.#slots.remove(this.slot);
    await this.closePort();
  }
}
