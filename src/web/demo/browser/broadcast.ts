import { find } from '../../call/browser/from-template.ts';
import { notice } from './notice.ts';

/** Starts and stops the HLS stream of the room, and links to its player. */
export class Broadcast {
  readonly #button = find<HTMLButtonElement>('#broadcast');
  readonly #link = find<HTMLAnchorElement>('#player');
  #roomId = '';

  constructor() {
    this.#button.addEventListener('click', () => void this.#switch());
  }

  show(roomId: string): void {
    this.#roomId = roomId;
    this.#link.href = `/player/${roomId}`;
    this.#set(false);
  }

  async #switch(): Promise<void> {
    const on = this.#link.hidden !== false;
    this.#button.disabled = true;
    const query = new URLSearchParams({ room: this.#roomId });
    const response = await fetch(`/demo/stream?${query}`, { method: on ? 'POST' : 'DELETE' }).catch(() => undefined);
    this.#button.disabled = false;
    if (response?.ok) this.#set(on);
    else notice(response?.status === 404 ? 'Join first: there is no room to stream yet.' : 'HLS cannot be used here.');
  }

  #set(on: boolean): void {
    this.#link.hidden = !on;
    this.#button.textContent = on ? 'Stop the stream' : 'Stream the room';
  }
}
