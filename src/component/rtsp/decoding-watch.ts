import type { Clock } from '../../clock/clock.ts';

type Kind = 'video' | 'audio';

/** A track of a session, as it is watched. */
export interface WatchedTrack {
  readonly kind: Kind;
  /** Number of packets of the source that the room has got so far. */
  readonly sent: () => number;
  /** What is missing, if nothing can be decoded. */
  readonly problem: () => string;
}

/** A track of which the room gets nothing, and why. */
export interface UndecodableTrack {
  readonly kind: Kind;
  readonly problem: string;
}

export interface DecodingWatchOptions {
  readonly clock: Clock;
  readonly tracks: readonly WatchedTrack[];
  /** Called when other tracks than before cannot be decoded; with none when all can again. */
  readonly onChange: (undecodable: readonly UndecodableTrack[]) => void;
}

/** Time after which a source that sends packets, but nothing that can be decoded, is called undecodable, in ms. */
const interval = 5000;

/** Watches whether the room gets something of each track while the source sends packets. */
export class DecodingWatch {
  readonly #options: DecodingWatchOptions;
  /** By track, at the last look. */
  #sent: readonly number[];
  #received = new Set<Kind>();
  #known = '';
  #cancel: () => void;

  constructor(options: DecodingWatchOptions) {
    this.#options = options;
    this.#sent = options.tracks.map(({ sent }) => sent());
    this.#cancel = options.clock.schedule(interval, () => this.#look());
  }

  /** To be called with each packet of the source. */
  received(kind: Kind): void {
    this.#received.add(kind);
  }

  /** Idempotent. */
  close(): void {
    this.#cancel();
  }

  #look(): void {
    const { clock, tracks, onChange } = this.#options;
    this.#cancel = clock.schedule(interval, () => this.#look());
    const received = this.#received;
    const before = this.#sent;
    this.#received = new Set();
    this.#sent = tracks.map(({ sent }) => sent());
    // The session ends by itself when nothing comes.
    if (received.size === 0) return;
    // Audio may pause, video does not.
    const undecodable = tracks
      .filter(({ kind }, index) => this.#sent[index] === before[index] && (kind === 'video' || received.has(kind)))
      .map(({ kind, problem }) => ({ kind, problem: received.has(kind) ? problem() : 'no packets' }));
    const known = undecodable.map(({ kind }) => kind).join();
    if (known === this.#known) return;
    this.#known = known;
    onChange(undecodable);
  }
}
