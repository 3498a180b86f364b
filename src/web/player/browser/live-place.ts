import { CatchUpRate } from './catch-up-rate.ts';
import { LiveMargin } from './live-margin.ts';
import { type Load, PartPace } from './part-pace.ts';

/** Seconds behind the target latency from which on a player of parts seeks forward. */
const maxBehind = 2.5;
/** Milliseconds for which it has to be that far behind. */
const minBehindTime = 2000;
/** Seconds from which on a seek backwards counts as a wish of the viewer. */
const minSeekBack = 1;
/** Target durations that a player of whole segments is behind (RFC 8216bis section 4.4.3.8), and behind that when it seeks forward. */
const segmentHoldBack = 3;

/** What is used of hls.js; seconds. */
export interface LivePlayer {
  /** Whether it loads parts. */
  lowLatencyMode: boolean;
  readonly latency: number;
  /** hls.js increases it with each stall and never decreases it. Setting it resets that. */
  targetLatency: number | null;
  readonly liveSyncPosition: number | null;
  readonly latestLevelDetails: {
    readonly partHoldBack: number;
    readonly partTarget: number;
    readonly targetduration: number;
  } | null;
}

export interface Look {
  /** In ms. */
  readonly now: number;
  /** Whether there is something to play and it is played. */
  readonly playing: boolean;
  /** In seconds of the stream. */
  readonly time: number;
  /** Seconds that are buffered from here on. */
  readonly ahead: number;
}

/** What a player has to do. */
export interface Advice {
  /** How fast to play; undefined: as the viewer wants it. */
  readonly rate?: number | undefined;
  /** Where to continue, in seconds of the stream; undefined: where it is. */
  readonly seek?: number | undefined;
}

/**
 * Keeps a player at its place at the end of a live stream, unless its viewer went back: it catches up by playing faster, from far behind by a
 * seek, and stays further behind where the network demands it. hls.js itself would only play faster while more than a second is buffered,
 * which is more than a viewer of low-latency HLS ever has.
 */
export class LivePlace {
  readonly #player: LivePlayer;
  readonly #margin = new LiveMargin();
  readonly #rate = new CatchUpRate();
  readonly #pace = new PartPace();
  /** Where it began to play, in seconds of the stream. */
  #start: number | undefined;
  #farSince: number | undefined;
  #looksBack = false;
  /** Whether it has to go back to where there are whole segments. */
  #goesBack = false;
  /** Where it was sent back to. */
  #sentTo: number | undefined;

  constructor(player: LivePlayer) {
    this.#player = player;
  }

  /** Seconds behind the target latency. */
  get behind(): number {
    const { latency, targetLatency } = this.#player;
    return targetLatency === null ? 0 : latency - targetLatency;
  }

  /** @param now in ms */
  stall(now: number): void {
    if (this.#looksBack) return;
    this.#margin.stall(now);
    if (!this.#player.lowLatencyMode || !this.#margin.isExhausted || !this.#pace.isTooSlow) return;
    this.#player.lowLatencyMode = false;
    this.#goesBack = true;
  }

  /** A part or a segment was loaded. */
  loaded(load: Load): void {
    this.#pace.loaded(load, this.#player.latestLevelDetails?.partTarget ?? 0);
  }

  /** The player was moved. @param from and `to`: seconds of the stream */
  seek(from: number, to: number): void {
    const isOwn = this.#sentTo !== undefined && Math.abs(to - this.#sentTo) < 0.1;
    if (to < from - minSeekBack && !isOwn) this.#looksBack = true;
  }

  /** Call it a few times per second. */
  look(look: Look): Advice {
    const { partHoldBack = 0, partTarget = 0 } = this.#player.latestLevelDetails ?? {};
    if (look.playing) this.#start ??= look.time;
    if (partHoldBack <= 0) return { seek: this.#jump(look) };
    this.#aim(look);
    const seek = this.#goBack() ?? this.#jump(look);
    // Until hls.js knows the latency there.
    const isScarce = seek !== undefined || look.ahead < partTarget;
    return { rate: this.#rateFor(look, isScarce), seek };
  }

  #rateFor({ now, playing }: Look, isScarce: boolean): number | undefined {
    const { rate } = this.#rate;
    if (this.#looksBack && rate === 1) return undefined;
    // Of whole segments it is not known to a fraction of a second how far behind they are.
    const behind = playing && !this.#looksBack && this.#player.lowLatencyMode ? this.behind : 0;
    return this.#rate.look(now, behind, isScarce, this.#pace.rate);
  }

  /** Sets the target latency. */
  #aim({ now, playing }: Look): void {
    const player = this.#player;
    if (this.#margin.isCalm(now) && this.#pace.isFastEnough) player.lowLatencyMode = true;
    const { partHoldBack = 0, targetduration = 0 } = player.latestLevelDetails ?? {};
    const holdBack = player.lowLatencyMode ? partHoldBack : segmentHoldBack * targetduration;
    const target = holdBack + this.#margin.look(now, playing, player.latency - holdBack);
    if (player.targetLatency !== target) player.targetLatency = target;
  }

  /** What was played last is still buffered, and is played again while whole segments are loaded; nothing from before the viewer came. */
  #goBack(): number | undefined {
    if (!this.#goesBack) return undefined;
    this.#goesBack = false;
    const { liveSyncPosition } = this.#player;
    if (this.behind >= 0 || liveSyncPosition === null) return undefined;
    this.#sentTo = Math.max(liveSyncPosition, this.#start ?? liveSyncPosition);
    return this.#sentTo;
  }

  /** From far behind to live, or as near to it as it can play at once: its speed does the rest. */
  #jump({ now, playing, time, ahead }: Look): number | undefined {
    const { liveSyncPosition, latestLevelDetails, lowLatencyMode } = this.#player;
    const { partHoldBack = 0, targetduration = 0 } = latestLevelDetails ?? {};
    const far = this.behind > (lowLatencyMode ? maxBehind : segmentHoldBack * targetduration);
    this.#looksBack &&= far;
    this.#farSince = far && !this.#looksBack ? (this.#farSince ?? now) : undefined;
    if (!playing || this.#farSince === undefined || now - this.#farSince < minBehindTime) return undefined;
    this.#farSince = undefined;
    if (liveSyncPosition === null) return undefined;
    const playable = time + ahead - partHoldBack;
    const isNear = playable > time && liveSyncPosition - playable < maxBehind;
    return isNear ? Math.min(playable, liveSyncPosition) : liveSyncPosition;
  }
}
