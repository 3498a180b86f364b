import type { Call } from '../../call/browser/call.ts';
import type { Grid } from '../../call/browser/grid.ts';
import type { PeerTile } from '../../call/browser/peer-tile.ts';

interface Stream {
  readonly type: string;
  readonly id: string;
  readonly kind?: string;
  readonly trackIdentifier?: string;
  readonly timestamp: number;
  readonly bytesReceived?: number;
  readonly framesPerSecond?: number;
  readonly frameWidth?: number;
  readonly active?: boolean;
}

/** Between two updates, in ms. */
const interval = 1000;

/** Shows the browser's statistics of the videos, once per second. */
export class Figures {
  readonly #call: Call;
  readonly #grid: Grid;
  readonly #own: PeerTile;
  readonly #timer: number;
  #before = new Map<string, Stream>();

  constructor(call: Call, grid: Grid, own: PeerTile) {
    this.#call = call;
    this.#grid = grid;
    this.#own = own;
    this.#timer = window.setInterval(() => void this.#update(), interval);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #update(): Promise<void> {
    const report = (await this.#call.statistics()) as unknown as Map<string, Stream>;
    const videos = [...report.values()].filter(({ kind }) => kind === 'video');
    for (const { tile, track } of this.#grid.videos()) {
      const stream = videos.find((one) => one.type === 'inbound-rtp' && one.trackIdentifier === track.track?.id);
      if (stream) tile.setFigures(received(stream, this.#before.get(stream.id)));
    }
    this.#own.setFigures(sent(videos));
    this.#before = new Map(videos.map((stream) => [stream.id, stream]));
  }
}

function received(now: Stream, before: Stream | undefined): string {
  const parts = [`${Math.round(now.framesPerSecond ?? 0)} fps`];
  const seconds = (now.timestamp - (before?.timestamp ?? now.timestamp)) / 1000;
  if (seconds > 0) {
    const bits = ((now.bytesReceived ?? 0) - (before?.bytesReceived ?? 0)) * 8;
    parts.push(`${(bits / seconds / 1e6).toFixed(1)} Mbit/s`);
  }
  return parts.join(' · ');
}

/** The widths of the layers that are sent: the browser omits some when its uplink or CPU does not suffice. */
function sent(videos: readonly Stream[]): string {
  const layers = videos.filter(({ type, framesPerSecond = 0 }) => type === 'outbound-rtp' && framesPerSecond > 0);
  const widths = layers.map(({ frameWidth = 0 }) => frameWidth).sort((one, other) => one - other);
  return widths.length === 0 ? '' : `sends ${widths.join(' + ')} pixels wide`;
}
