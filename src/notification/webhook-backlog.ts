/** What counts for a waiting message beside its bytes. */
const overhead = 512;

export interface WaitingMessage {
  readonly bytes: Uint8Array;
  /** Takes the message out of its queue. */
  drop(): void;
}

/** All webhook messages of the server that wait; when they take too much memory, the oldest ones give way. */
export class WebhookBacklog {
  readonly #maxBytes: number;
  /** In order of arrival. */
  readonly #messages = new Set<WaitingMessage>();
  #bytes = 0;

  /** @param maxBytes of memory, about */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#messages.size;
  }

  /** May drop others, or `message` itself when it is too large for all. */
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
    if (!oldest) throw new RangeError('A backlog without messages has no bytes');
    this.delete(oldest);
    oldest.drop();
  }
}
