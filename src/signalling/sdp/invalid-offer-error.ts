/** An SDP offer that cannot be answered; the peer that sent it is beyond help. */
export class InvalidOfferError extends Error {
  override readonly name = 'InvalidOfferError';
}
