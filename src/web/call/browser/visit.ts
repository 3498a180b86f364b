import { Call } from './call.ts';
import type { CallTexts } from './call-texts.ts';
import type { Grid } from './grid.ts';
import { type Invitation, RefusedError } from './invitation.ts';
import type { Device, LocalMedia } from './local-media.ts';
import { PeerTile } from './peer-tile.ts';

/** Why a visit ended: the backend removed the peer or the room, did not admit it again, or cannot be reached. */
export type VisitEnd =
  | { readonly cause: 'removed'; readonly reason: string }
  | { readonly cause: 'refused'; readonly error: RefusedError }
  | { readonly cause: 'unreachable' };

export interface VisitOptions {
  readonly media: LocalMedia;
  readonly grid: Grid;
  readonly texts: CallTexts;
  /** Milliseconds before each attempt to join again after the connection was lost. */
  readonly retryDelays: readonly number[];
  /** Asks the server, for each attempt once more. @throws RefusedError when further attempts are of no use */
  readonly invite: () => Promise<Invitation>;
  /** @returns what is done when the call ends */
  readonly onEnter?: (call: Call, own: PeerTile) => () => void;
  /** Shows a line; empty: hides it. */
  readonly notice: (text: string) => void;
  /** The visit has ended, though the user did not leave. */
  readonly onEnd: (end: VisitEnd) => void;
}

/** The user's stay in the room. When the connection is lost, it joins again. */
export class Visit {
  readonly #options: VisitOptions;
  #own: PeerTile | undefined;
  #call: Call | undefined;
  #left: (() => void) | undefined;
  #screen: MediaStream | undefined;
  #closed = false;

  private constructor(options: VisitOptions) {
    this.#options = options;
  }

  /** @throws what `invite` throws, and JoinError with a text for the user */
  static async begin(options: VisitOptions): Promise<Visit> {
    const visit = new Visit(options);
    await visit.#enter();
    return visit;
  }

  setActive(device: Device, active: boolean): void {
    this.#call?.setActive(device, active);
    if (device === 'camera') this.#own?.setCamera(active);
    else this.#own?.setMicrophone(active);
  }

  /** @param screen undefined: it is not shown any more */
  setScreen(screen: MediaStream | undefined): void {
    for (const track of this.#screen?.getTracks() ?? []) track.stop();
    this.#screen = screen;
    this.#call?.hideScreen();
    if (screen) this.#call?.showScreen(screen);
  }

  get showsScreen(): boolean {
    return this.#screen?.active ?? false;
  }

  setLayer(trackId: string, layer: 'l' | 'm' | 'h'): void {
    this.#call?.setLayer(trackId, layer);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.setScreen(undefined);
    this.#leave();
    this.#own?.close();
    this.#options.media.close();
  }

  async #enter(): Promise<void> {
    const { media, grid, texts, invite, notice, onEnter } = this.#options;
    const invitation = await invite();
    if (this.#closed) return;
    const own = this.#ownTile(invitation);
    grid.open(own);
    try {
      this.#call = await Call.join({
        ...{ invitation, media, texts, view: grid, onTrouble: notice },
        onEnd: (code, reason) => void this.#ended(code, reason),
      });
    } catch (error) {
      grid.close();
      throw error;
    }
    if (this.#closed) return this.#leave();
    if (this.#screen?.active) this.#call.showScreen(this.#screen);
    this.#left = onEnter?.(this.#call, own);
  }

  #ownTile({ metadata }: Invitation): PeerTile {
    const { media, texts } = this.#options;
    this.#own?.close();
    const own = new PeerTile(metadata.displayName ?? metadata.name ?? '', texts, 'own');
    const camera = media.track('camera');
    if (camera) own.showVideo(camera);
    own.setCamera(media.isActive('camera'));
    own.setMicrophone(media.isActive('microphone'));
    own.setModerator(metadata.moderator === true);
    this.#own = own;
    return own;
  }

  #leave(): void {
    this.#left?.();
    this.#left = undefined;
    this.#call?.close();
    this.#options.grid.close();
  }

  /** Close code 1000: the peer or its room was deleted. */
  async #ended(code: number, reason: string): Promise<void> {
    const { texts, notice, retryDelays, onEnd } = this.#options;
    if (this.#closed) return;
    this.#leave();
    if (code === 1000) return onEnd({ cause: 'removed', reason });
    notice(texts.connectionLost);
    for (const delay of retryDelays) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (this.#closed) return;
      try {
        await this.#enter();
        return notice('');
      } catch (error) {
        if (error instanceof RefusedError) return onEnd({ cause: 'refused', error });
        // The next attempt waits longer.
      }
    }
    onEnd({ cause: 'unreachable' });
  }
}
