/** Timers of RFC 3261 section 17 and its table 4, in ms. */
export const sipTimers = {
  /** T1: estimate of the round trip, and the first interval of retransmissions. */
  first: 500,
  /** T2: maximum interval of retransmissions, but those of an INVITE. */
  max: 4000,
  /** 64 T1: without a response, without an ACK, or of repeated messages. */
  timeout: 32_000,
  /**
   * Without a response from a hop that is not the last one. The standard would wait for 32 s before it tries the next hop; a registrar
   * whose first address is dead could not be reached within the time that a registration has. Enough for four datagrams.
   */
  hopTimeout: 5000,
  /** Without a response of ours to an INVITE: a 100 is sent (17.2.1). */
  trying: 200,
} as const;
