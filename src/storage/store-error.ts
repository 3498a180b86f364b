/** An error response of a store, without its message, which may contain keys. */
export class StoreError extends Error {
  /** HTTP status; undefined when there was no response. */
  readonly status: number | undefined;
  readonly #code: string;

  /** @param code of the store, such as `AccessDenied` */
  constructor(status: number | undefined, code: string) {
    super(`The store responded with ${status ?? 'nothing'}: ${code}`);
    this.name = 'StoreError';
    this.status = status;
    this.#code = code;
  }

  /** Whether the store is there, but does not do what it was asked for. */
  get isRefusal(): boolean {
    const { status = 0 } = this;
    return status >= 300 && status < 500 && status !== 408 && status !== 429;
  }

  /** Whether no retry with the same account can succeed. */
  get isFinal(): boolean {
    return finalCodes.has(this.#code);
  }
}

/** Codes about the account itself. Other refusals may be lifted, and a bucket may be created. */
const finalCodes = new Set([
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'InvalidAccessKeyId',
  'InvalidBucketName',
  'InvalidRegion',
  'InvalidSecurity',
  'InvalidToken',
  'PermanentRedirect',
  'SignatureDoesNotMatch',
]);
