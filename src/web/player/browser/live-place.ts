/** Milliseconds without a stall after which the target latency is what it was before the stalls. */
const stallMemory = 10_000;
/** Seconds behind the target latency from which on a player seeks forward: hls.js only plays faster when it is closer. */
const maxBehind = 2.5;
/** Milliseconds for which it has to be that far behind. */
const minBehindTime = 2000;
/** Seconds from which on a seek backwards counts as a wish of the viewer. */
const minSeekBack = 1;

/** What is used of hls.js; seconds. */
export interface LivePlayer {
  readonly latency: number;
  /** hls.js increases it with each stall and never decreases it. Setting it resets that. */
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

  /** The player was moved. @param from and `to`: seconds of the stream */
  seek(from: number, to: number): void {
    if (to < from - minSeekBack) this.#looksBack = true;
  }

  /** Call it a few times per second. @param now in ms @returns where to continue, in seconds of the stream; undefined: where it is */
  look(now: number, playing: boolean): number | undefined {
    this.#forgetStalls(now);
    const { latency, targetLatency, liveSyncPosition } = this.#player;
    const far = targetLatency !== null && latency - targetLatency > maxBehind;
    this.#looksBack &&= far;
    this.#farSince = far && !this.#looksBack ? (this.#farSince ?? now) : undefined;
    if (!playing || this.#farSince === undefined || now - this.#farSince < minBehindTime) return undefined;
    this.#farSince = undefined;
    return liveSyncPosition ?? undefined;
  }

  #forgetStalls(now: number): void {
    const holdBack = this.#player.latestLevelDetails?.partHoldBack ?? 0;
    if (this.#stalledAt === undefined || holdBack === 0 || now - this.#stalledAt < stallMemory) return;
    this.#stalledAt = undefined;
    this.#player.targetLatency = holdBack;
  }
}
