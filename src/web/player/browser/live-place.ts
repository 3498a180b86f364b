/** Milliseconds without a stall after which the player comes as near as it was before its stalls. */
const forgiveness = 10_000;
/** Seconds behind its place from which on a player jumps: hls.js plays faster only if it is nearer. */
const farBehind = 2.5;
/** Milliseconds for which it must be that far behind. */
const patience = 2000;
/** Seconds that somebody goes back at least who wants to see something again. */
const wish = 1;

/** What is used of hls.js; seconds. */
export interface LivePlayer {
  readonly latency: number;
  /** Grows with each stall, and for good, as far as hls.js is concerned. Being set, it forgets them. */
  targetLatency: number | null;
  readonly liveSyncPosition: number | null;
  readonly latestLevelDetails: { readonly partHoldBack: number } | null;
}

/** Brings a player that fell behind back to its place at the end of a live stream, unless its viewer went back. */
export class LivePlace {
  readonly #player: LivePlayer;
  #stalledAt: number | undefined;
  #farSince: number | undefined;
  #looksBack = false;

  constructor(player: LivePlayer) {
    this.#player = player;
  }

  /** @param now in ms */
  stall(now: number): void {
    this.#stalledAt = now;
  }

  /** Somebody moved the player, in seconds of the stream. */
  seek(from: number, to: number): void {
    if (to < from - wish) this.#looksBack = true;
  }

  /** To be called now and then. @param now in ms. @returns where to play on, in seconds of the stream; undefined: here */
  look(now: number, playing: boolean): number | undefined {
    this.#forgive(now);
    const { latency, targetLatency, liveSyncPosition } = this.#player;
    const far = targetLatency !== null && latency - targetLatency > farBehind;
    this.#looksBack &&= far;
    this.#farSince = far && !this.#looksBack ? (this.#farSince ?? now) : undefined;
    if (!playing || this.#farSince === undefined || now - this.#farSince < patience) return undefined;
    this.#farSince = undefined;
    return liveSyncPosition ?? undefined;
  }

  #forgive(now: number): void {
    const holdBack = this.#player.latestLevelDetails?.partHoldBack ?? 0;
    if (this.#stalledAt === undefined || holdBack === 0 || now - this.#stalledAt < forgiveness) return;
    this.#stalledAt = undefined;
    this.#player.targetLatency = holdBack;
  }
}
