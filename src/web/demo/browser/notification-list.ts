import { find, fromTemplate } from '../../call/browser/from-template.ts';

interface Origin {
  readonly peerId?: string;
  readonly componentId?: string;
}

/** A notification as the server sends it. */
interface Notification extends Origin {
  readonly name: string;
  readonly roomId: string;
  readonly origin?: Origin;
  readonly track?: { readonly type: string };
  readonly metadata?: { readonly name?: unknown } | null;
}

/** Maximum of notifications; the oldest are removed. */
const maxLength = 200;

/** Lists the notifications of a room as they arrive. */
export class NotificationList {
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #names: Map<string, string>;
  #source: EventSource | undefined;

  /** @param names of peers by id, as far as they are known */
  constructor(names: Map<string, string>) {
    this.#names = names;
    this.#list = find('#notifications');
    this.#empty = find('#no-notifications');
  }

  /** Resolves when the stream of notifications is open, or has failed. */
  async watch(roomId: string): Promise<void> {
    const source = new EventSource(`/demo/events?${new URLSearchParams({ room: roomId })}`);
    this.#source?.close();
    this.#source = source;
    source.addEventListener('message', ({ data }) => this.#show(JSON.parse(data)));
    await new Promise((resolve) => {
      source.addEventListener('open', resolve, { once: true });
      source.addEventListener('error', resolve, { once: true });
    });
  }

  #show(notification: Notification): void {
    const { name, peerId, metadata } = notification;
    if (peerId && typeof metadata?.name === 'string') this.#names.set(peerId, metadata.name);
    const item = fromTemplate('notification');
    item.dataset.about = /^[A-Z][a-z]+/.exec(name)?.[0]?.toLowerCase() ?? '';
    find('time', item).textContent = new Date().toLocaleTimeString('en-GB');
    find('b', item).textContent = name;
    find('span', item).textContent = this.#subject(notification);
    find('pre', item).textContent = JSON.stringify(notification, null, 2);
    const { scrollTop, clientHeight, scrollHeight } = this.#list;
    const atEnd = scrollTop + clientHeight >= scrollHeight - 8;
    this.#list.append(item);
    if (this.#list.childElementCount > maxLength) this.#list.firstElementChild?.remove();
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight;
    this.#empty.hidden = true;
  }

  #subject({ peerId, componentId, origin, track, roomId }: Notification): string {
    const id = peerId ?? origin?.peerId ?? componentId ?? origin?.componentId;
    const whose = id === undefined ? roomId : (this.#names.get(id) ?? id.slice(0, 8));
    return track ? `${track.type} of ${whose}` : whose;
  }
}
