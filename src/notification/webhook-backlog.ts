/** Assumed memory of a waiting message beside its bytes, in bytes. */
const overhead = 512;

export interface WaitingMessage {
  readonly bytes: Uint8Array;
  /** Removes the message from its queue. */
  drop(): void;
}

/** All waiting webhook messages of the server. When they take too much memory, the oldest ones are dropped. */
export class WebhookBacklog {
  readonly #maxBytes: number;
  /** In order of arrival. */
  readonly #messages = new Set<WaitingMessage>();
  #bytes = 0;

  /** @param maxBytes approximate memory limit */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#messages.size;
  }

  /** May drop older messages, or `message` itself when it exceeds the limit alone. */
  add(message: WaitingMessage): void {
    this.#messages.add(message);
    this.#bytes += message.bytes.length + overhead;
    while (this.#bytes > this.#maxBytes) this.#dropOldest();
  }

  delete(message: WaitingMessage): void {
    if (this.#messages.delete(message)) this.#bytes -= message.bytes.length + overhead;
  }

  #dropOldest(): void {
    const [oldest] = this.#messages;
    if (!oldest) throw new RangeError('The backlog is empty');
    this.delete(oldest);
    oldest.drop();
  }
}
