/** What a store answered, without its own words: they may name keys. */
export class StoreError extends Error {
  /** HTTP; undefined when it did not come to an answer. */
  readonly status: number | undefined;

  /** @param code such as `AccessDenied` */
  constructor(status: number | undefined, code: string) {
    super(`The store answered ${status ?? 'nothing'}: ${code}`);
    this.name = 'StoreError';
    this.status = status;
  }

  /** Whether it would answer the same again. */
  get isFinal(): boolean {
    return this.status !== undefined && this.status >= 400 && this.status < 500 && !repeatable.has(this.status);
  }
}

/** Request Timeout, Too Early, Too Many Requests. */
const repeatable = new Set([408, 425, 429]);
