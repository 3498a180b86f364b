/** What a store answered, without its own words: they may name keys. */
export class StoreError extends Error {
  /** HTTP; undefined when it did not come to an answer. */
  readonly status: number | undefined;
  readonly #code: string;

  /** @param code such as `AccessDenied` */
  constructor(status: number | undefined, code: string) {
    super(`The store answered ${status ?? 'nothing'}: ${code}`);
    this.name = 'StoreError';
    this.status = status;
    this.#code = code;
  }

  /** Whether no later attempt with the same account can succeed. */
  get isFinal(): boolean {
    return finalCodes.has(this.#code);
  }
}

/** What a store says of an account as such. A refusal may be lifted, a bucket may be made. */
const finalCodes = new Set([
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'InvalidAccessKeyId',
  'InvalidBucketName',
  'PermanentRedirect',
  'SignatureDoesNotMatch',
]);
