import { Call } from './call.ts';
import { Figures } from './figures.ts';
import type { Grid } from './grid.ts';
import { askToJoin, type Invitation } from './invitation.ts';
import type { Device, LocalMedia } from './local-media.ts';
import { notice } from './notice.ts';
import { PeerTile } from './peer-tile.ts';

export interface VisitOptions {
  readonly name: string;
  /** Empty = any. */
  readonly codec: string;
  readonly media: LocalMedia;
  readonly grid: Grid;
  /** The visit has ended, though the user did not leave. */
  readonly onEnd: (why: string) => void;
}

/** Milliseconds before each attempt to join again after the connection was lost. */
const retryDelays = [500, 1000, 2000, 4000, 8000];

/** The user's stay in the room. When the connection is lost, it joins again. */
export class Visit {
  readonly #options: VisitOptions;
  readonly #own: PeerTile;
  #call: Call | undefined;
  #figures: Figures | undefined;
  #closed = false;

  private constructor(options: VisitOptions) {
    this.#options = options;
    this.#own = new PeerTile(options.name, true);
    const camera = options.media.track('camera');
    if (camera) this.#own.showVideo(camera);
    this.#own.setMicrophone(options.media.isActive('microphone'));
  }

  /** @throws JoinError with a text for the user */
  static async begin(options: VisitOptions): Promise<Visit> {
    const visit = new Visit(options);
    await visit.#enter(await askToJoin(options.codec));
    return visit;
  }

  setActive(device: Device, active: boolean): void {
    this.#call?.setActive(device, active);
    if (device === 'camera') this.#own.setCamera(active);
    else this.#own.setMicrophone(active);
  }

  setLayer(trackId: string, layer: 'l' | 'm' | 'h'): void {
    this.#call?.setLayer(trackId, layer);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#leave();
    this.#own.close();
    this.#options.media.close();
  }

  async #enter(invitation: Invitation): Promise<void> {
    const { name, media, grid, codec } = this.#options;
    grid.open(this.#own, codec === '' ? '/demo' : `/demo?codec=${codec}`);
    try {
      this.#call = await Call.join({
        invitation,
        name,
        media,
        view: grid,
        onEnd: (code, reason) => void this.#ended(code, reason),
        onTrouble: notice,
      });
    } catch (error) {
      grid.close();
      throw error;
    }
    if (this.#closed) return this.#leave();
    this.#figures = new Figures(this.#call, grid, this.#own);
  }

  #leave(): void {
    this.#figures?.close();
    this.#call?.close();
    this.#options.grid.close();
  }

  /** Close code 1000: the peer or its room was deleted. */
  async #ended(code: number, reason: string): Promise<void> {
    if (this.#closed) return;
    this.#leave();
    if (code === 1000) return this.#options.onEnd(`The backend ended your visit: ${reason.toLowerCase()}.`);
    notice('The connection was lost. Joining again …');
    for (const delay of retryDelays) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (this.#closed) return;
      try {
        await this.#enter(await askToJoin(this.#options.codec));
        return notice('');
      } catch {
        // The next attempt waits longer.
      }
    }
    this.#options.onEnd('The connection was lost, and the server does not respond.');
  }
}
