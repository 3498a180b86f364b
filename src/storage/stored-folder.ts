import type { BeginOptions, MediaStore, OpenMedia } from './media-store.ts';
import type { OutputPlace } from './output-place.ts';

/** A folder that the store looks after: it completes, uploads and deletes what is written there. */
export class StoredFolder implements OutputPlace {
  readonly #store: Pick<MediaStore, 'begin'>;
  readonly #options: BeginOptions;
  #media: OpenMedia | undefined;

  constructor(store: Pick<MediaStore, 'begin'>, options: BeginOptions) {
    this.#store = store;
    this.#options = options;
  }

  async open(onFull: () => void): Promise<string | undefined> {
    this.#media = await this.#store.begin(this.#options);
    this.#media?.observer.once('full', onFull);
    return this.#media?.folder;
  }

  async close(): Promise<void> {
    await this.#media?.completed();
  }
}
