import { EventEmitter } from 'node:events';
import type { Logger } from '../log/logger.ts';
import type { ProgramFormat, ProgramSample, ProgramSink } from '../media/sample.ts';
import type { OutputPlace } from '../storage/output-place.ts';
import { ProgramFile } from './program-file.ts';
import { OutputError, type ProgramOutput } from './program-output.ts';

export interface FileOutputOptions {
  /** The place of the file. It is closed with the output. */
  readonly place: OutputPlace;
  /** Name without extension. */
  readonly name: string;
  readonly logger: Logger;
}

/** An MP4 file of a room's program. It gets its name when it is complete. Without video there is no file. */
export class FileOutput implements ProgramOutput {
  readonly observer = new EventEmitter<{ running: []; failed: [OutputError] }>();
  readonly sink: ProgramSink;
  readonly #options: FileOutputOptions;
  readonly #file: Promise<ProgramFile | undefined>;
  #ended = false;
  #running = false;
  #failed = false;
  #closing: Promise<void> | undefined;

  constructor(options: FileOutputOptions) {
    this.#options = options;
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

  async #open(): Promise<ProgramFile | undefined> {
    const { place, name } = this.#options;
    const folder = await place.open(() => this.#failForSpace());
    if (folder !== undefined) {
      return new ProgramFile({ folder, name, onFailure: (error) => this.#failBecause(error) });
    }
    this.#failForSpace();
    return undefined;
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

  /** Calls stay in order: the promise has been settled since the start. */
  #withFile(action: (file: ProgramFile) => void): void {
    this.#file.then((file) => file && action(file)).catch(() => undefined);
  }

  #failForSpace(): void {
    this.#fail('The recording cannot go on: the disk is nearly full');
  }

  #failBecause(error: Error): void {
    this.#options.logger.error({ err: error }, 'A file of a room cannot be written.');
    this.#fail(`The recording cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`);
  }

  #fail(message: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.observer.emit('failed', new OutputError('storage', message));
  }

  async #close(): Promise<void> {
    this.#end();
    const file = await this.#file.catch(() => undefined);
    await file?.settled();
    await this.#options.place.close();
  }
}
