import { join } from 'node:path';
import { type Clock, systemClock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { Component } from '../../room/component.ts';
import type { Room } from '../../room/room.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import type { ComponentKind, ComponentOptions } from '../component-kind.ts';
import { FileComponent } from './file-component.ts';
import { readFileOptions } from './options.ts';
import { openSourceFile } from './source-file.ts';

export interface FileKindOptions {
  /** Absolute; files are played from its folder `file_component_sources`. */
  readonly resourcesBasePath: string;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** File components: section 6.4 of the REST contract. */
export class FileKind implements ComponentKind<RoomRouter> {
  readonly codecRule = false;
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #clock: Clock;

  constructor({ resourcesBasePath, logger, clock = systemClock }: FileKindOptions) {
    this.#folder = join(resourcesBasePath, 'file_component_sources');
    this.#logger = logger;
    this.#clock = clock;
  }

  /** @throws ShoalError when the options or the file are wrong; roomNotFound */
  async create(room: Room<RoomRouter>, options: ComponentOptions): Promise<Component> {
    const fileOptions = readFileOptions(options);
    const file = await openSourceFile(this.#folder, fileOptions);
    const { filePath } = fileOptions;
    return await new FileComponent({ room, logger: this.#logger, filePath, file, clock: this.#clock }).start();
  }
}
