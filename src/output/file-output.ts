import { EventEmitter } from 'node:events';
import type { Logger } from '../log/logger.ts';
import type { ProgramSample, ProgramSink } from '../media/sample.ts';
import type { OpenMedia } from '../storage/media-store.ts';
import { ProgramFile } from './program-file.ts';
import { OutputError, type ProgramOutput } from './program-output.ts';

export interface FileOutputOptions {
  /** Begins the medium that the file is, or belongs to. Called once. @returns undefined when too little space is left */
  readonly begin: () => Promise<Pick<OpenMedia, 'folder' | 'observer' | 'completed'> | undefined>;
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
  #media: Awaited<ReturnType<FileOutputOptions['begin']>>;
  #ended = false;
  #running = false;
  #failed = false;
  #closing: Promise<void> | undefined;

  constructor(options: FileOutputOptions) {
    this.#options = options;
    this.#file = this.#open();
    this.#file.catch((error: Error) => this.#failBecause(error));
    this.sink = {
      format: (format) => this.#withFile((file) => file.format(format)),
      sample: (sample) => this.#sample(sample),
      end: () => this.#end(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<ProgramFile | undefined> {
    const { begin, name } = this.#options;
    this.#media = await begin();
    if (!this.#media) {
      this.#failForSpace();
      return undefined;
    }
    const { folder, observer } = this.#media;
    observer.once('full', () => this.#ended || this.#failForSpace());
    return new ProgramFile({ folder, name, onFailure: (error) => this.#failBecause(error) });
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
    this.#fail(new OutputError('storage', 'The recording cannot go on: the disk is nearly full'));
  }

  #failBecause(error: Error): void {
    this.#options.logger.error({ err: error }, 'A file of a room cannot be written.');
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    const isKnown = error instanceof OutputError;
    this.#fail(isKnown ? error : new OutputError('storage', `The recording cannot be written: ${code}`));
  }

  #fail(error: OutputError): void {
    if (this.#failed) return;
    this.#failed = true;
    this.observer.emit('failed', error);
  }

  async #close(): Promise<void> {
    this.#end();
    const file = await this.#file.catch(() => undefined);
    await file?.settled();
    await this.#media?.completed();
  }
}
