import { EventEmitter } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { FreeSpace, type ReadFreeSpace } from '../storage/free-space.ts';
import { ProgramFile } from './program-file.ts';
import { OutputError, type ProgramOutput } from './program-output.ts';
import type { ProgramFormat, ProgramSample, ProgramSink } from './program-sample.ts';
import { completeWorkingFolder, openWorkingFolder } from './unfinished-files.ts';

export interface FileOutputOptions {
  /** Absolute; ends with `.mp4`. */
  readonly path: string;
  /** Bytes below which the file is ended; 0: never. */
  readonly leastFree: number;
  readonly readFreeSpace?: ReadFreeSpace;
  readonly clock?: Clock;
  readonly logger: Logger;
}

/** One MP4 file of a room's program. It has its name only when it is complete; without a picture there is none. */
export class FileOutput implements ProgramOutput {
  readonly observer = new EventEmitter<{ running: []; failed: [OutputError] }>();
  readonly sink: ProgramSink;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #space: FreeSpace;
  readonly #file: Promise<ProgramFile>;
  #folder: string | undefined;
  #ended = false;
  #running = false;
  #failed = false;
  #closing: Promise<void> | undefined;

  constructor({ path, leastFree: least, readFreeSpace: read, clock = systemClock, logger }: FileOutputOptions) {
    this.#path = path;
    this.#logger = logger;
    this.#space = new FreeSpace({
      ...{ path: dirname(path), least, clock, onLow: () => this.#failForSpace() },
      ...(read && { read }),
    });
    this.#file = this.#open();
    this.#file.catch((error: Error) => this.#failBecause(error));
    this.sink = {
      format: (format) => this.#format(format),
      sample: (sample) => this.#sample(sample),
      end: () => this.#end(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<ProgramFile> {
    const folder = dirname(this.#path);
    await mkdir(folder, { recursive: true, mode: 0o750 });
    this.#folder = await openWorkingFolder(folder);
    if (!(await this.#space.enough())) this.#failForSpace();
    else if (!this.#ended) this.#space.watch();
    const name = basename(this.#path, '.mp4');
    return new ProgramFile({ folder: this.#folder, name, onFailure: (error) => this.#failBecause(error) });
  }

  #format(format: ProgramFormat): void {
    this.#withFile((file) => file.format(format));
  }

  #sample(sample: ProgramSample): void {
    this.#withFile((file) => file.sample(sample));
    if (this.#running || this.#failed) return;
    this.#running = true;
    this.observer.emit('running');
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#withFile((file) => file.end());
  }

  /** In order: the promise has been settled since the first moments. */
  #withFile(action: (file: ProgramFile) => void): void {
    this.#file.then(action).catch(() => undefined);
  }

  #failForSpace(): void {
    this.#fail('The recording cannot go on: the disk is nearly full');
  }

  #failBecause(error: Error): void {
    this.#logger.error({ err: error }, 'A file of a room cannot be written.');
    this.#fail(`The recording cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`);
  }

  #fail(message: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#space.rest();
    this.observer.emit('failed', new OutputError('storage', message));
  }

  async #close(): Promise<void> {
    this.#end();
    this.#space.rest();
    const file = await this.#file.catch(() => undefined);
    await file?.settled();
    if (this.#folder !== undefined) await completeWorkingFolder(this.#folder, dirname(this.#path), this.#logger);
  }
}
