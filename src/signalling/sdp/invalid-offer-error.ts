/** An SDP offer that cannot be answered; the peer that sent it crashes. */
export class InvalidOfferError extends Error {
  override readonly name = 'InvalidOfferError';
}
