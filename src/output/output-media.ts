import type { Logger } from '../log/logger.ts';
import type { EndedMedia, MediaKind } from '../storage/media-kind.ts';
import { completeMp4 } from './complete-mp4.ts';

/** Files that users of the server make of rooms' programs. */
export class OutputMedia implements MediaKind {
  readonly name = 'output';
  readonly title = 'A recording';
  /** `outputs`, absolute. */
  readonly root: string;
  readonly #logger: Logger;

  constructor(root: string, logger: Logger) {
    this.root = root;
    this.#logger = logger;
  }

  traits() {
    return {};
  }

  async finish({ folder, signal }: EndedMedia): Promise<undefined> {
    await completeMp4(folder, { logger: this.#logger, signal });
  }
}
