import type { Clock } from '../clock/clock.ts';
import { isSameSize, type Size } from '../media/size.ts';
import type { Encoding } from '../room/track.ts';

/** Share of its tile that a layer must cover, in the direction where it covers more: a smaller one looks blurred. */
const minShare = 0.9;
/** How many times a layer is smaller than the captured frame, in each direction, until it is seen: what the client SDKs ask of browsers. */
const reductions: Readonly<Record<Encoding, number>> = { l: 4, m: 2, h: 1 };
/** Size of captured frames until it is known: simulcast needs that much of a camera (docs/contracts/media-events.md 10). */
const usualCapture: Size = { width: 1280, height: 720 };
/** Time for which a smaller layer must suffice before it is chosen, in ms: layouts change back. */
const shrinkDelay = 5000;
/** Minimum time between two choices, and time that the server's and the composer's messages need to agree on a layer, in ms. */
const settleDelay = 1000;

export interface TileLayerOptions {
  /** The layers of the track, lowest first. */
  readonly encodings: readonly Encoding[];
  readonly clock: Clock;
  /** Called with the index of a layer when it is chosen. The receiver of the track gets a keyframe of it. */
  readonly onChosen: (layer: number) => void;
}

/**
 * The index of the lowest layer that is large enough for a tile, else of the highest.
 * @param capture size of the captured frames @param seen sizes of layers by their index, as far as they are known
 */
export function fittingLayer(
  encodings: readonly Encoding[],
  capture: Size,
  tile: Size,
  seen: ReadonlyMap<number, Size> = new Map(),
): number {
  const shareOf = ({ width, height }: Size) => Math.max(width / tile.width, height / tile.height);
  const layer = encodings.findIndex((encoding, index) => {
    const size = seen.get(index);
    return (size ? shareOf(size) : shareOf(capture) / reductions[encoding]) >= minShare;
  });
  return layer < 0 ? encodings.length - 1 : layer;
}

/**
 * Chooses which simulcast layer of a track a tile is made of: a larger one at once, a smaller one when it has been enough for a while. A layer
 * that does not arrive is replaced by the next higher one that does; without one mediasoup forwards a lower one.
 */
export class TileLayer {
  readonly #options: TileLayerOptions;
  #tile: Size | undefined;
  #frame: Size | undefined;
  #forwarded: number | undefined;
  #arriving: readonly boolean[] = [];
  #capture: Size | undefined;
  /** Sizes of the layers that have been forwarded since the capture last changed: senders may have reductions of their own. */
  readonly #seen = new Map<number, Size>();
  #chosen: number | undefined;
  #chosenAt = Number.NEGATIVE_INFINITY;
  #pending: { readonly larger: boolean; layer: number; readonly cancel: () => void } | undefined;
  #cancelMeasuring: (() => void) | undefined;
  #closed = false;

  constructor(options: TileLayerOptions) {
    this.#options = options;
  }

  /** To be called with the tile's size, and with that of the received frames once it is known. */
  fit(tile: Size, frame: Size | undefined): void {
    const resized = !isSameSize(frame, this.#frame);
    this.#tile = tile;
    this.#frame = frame;
    if (resized) this.#measureSoon();
    this.#consider();
  }

  /** To be called with the index of the forwarded layer, if there is one, and with whether each layer arrives from the sender. */
  follow(forwarded: number | undefined, arriving: readonly boolean[]): void {
    const switched = forwarded !== this.#forwarded;
    this.#forwarded = forwarded;
    this.#arriving = arriving;
    if (switched) this.#measureSoon();
    this.#consider();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancelMeasuring?.();
    this.#dismiss();
  }

  /** A switch is told by mediasoup and, as another size of the frames, by the composer, in any order. */
  #measureSoon(): void {
    this.#cancelMeasuring?.();
    this.#cancelMeasuring = undefined;
    if (this.#closed) return;
    if (!this.#capture) return this.#measure();
    this.#cancelMeasuring = this.#options.clock.schedule(settleDelay, () => {
      this.#measure();
      this.#consider();
    });
  }

  #measure(): void {
    const layer = this.#forwarded ?? -1;
    const encoding = this.#options.encodings[layer];
    if (!encoding || !this.#frame) return;
    const { width, height } = this.#frame;
    if (!isSameSize(this.#seen.get(layer) ?? this.#frame, this.#frame)) this.#seen.clear();
    this.#seen.set(layer, this.#frame);
    this.#capture = { width: width * reductions[encoding], height: height * reductions[encoding] };
  }

  #consider(): void {
    if (this.#closed || !this.#tile) return;
    const fitting = fittingLayer(this.#options.encodings, this.#capture ?? usualCapture, this.#tile, this.#seen);
    const higher = this.#arriving[fitting] ? -1 : this.#arriving.indexOf(true, fitting);
    const wanted = higher < 0 ? fitting : higher;
    if (this.#chosen === undefined) return this.#choose(wanted);
    if (wanted === this.#chosen) return this.#dismiss();
    if (wanted < this.#chosen) return this.#choosePending(wanted, false, shrinkDelay);
    const rest = this.#chosenAt + settleDelay - this.#options.clock.monotonic();
    // the first packets of the layers come one after the other
    this.#choosePending(wanted, true, fitting > this.#chosen ? rest : settleDelay);
  }

  /** Chooses a layer after a delay; a smaller one that is enough for all that the tile was meanwhile. */
  #choosePending(layer: number, larger: boolean, delay: number): void {
    if (larger && delay <= 0) return this.#choose(layer);
    if (this.#pending?.larger === larger) {
      this.#pending.layer = larger ? layer : Math.max(this.#pending.layer, layer);
      return;
    }
    this.#dismiss();
    const cancel = this.#options.clock.schedule(delay, () => this.#choose(this.#pending?.layer ?? layer));
    this.#pending = { larger, layer, cancel };
  }

  #choose(layer: number): void {
    this.#dismiss();
    this.#chosen = layer;
    this.#chosenAt = this.#options.clock.monotonic();
    this.#options.onChosen(layer);
    this.#consider();
  }

  #dismiss(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
  }
}
