import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Logger } from '../log/logger.ts';
import { completeMp4 } from '../storage/complete-mp4.ts';
import { ProgramFile } from './program-file.ts';
import { OutputError, type ProgramOutput } from './program-output.ts';
import type { ProgramFormat, ProgramSample, ProgramSink } from './program-sample.ts';

const ending = '.mp4';
/** Hidden beside the file while it is written. */
const workingFolder = '.recording-';

/** One MP4 file of a room's program. It has its name only when it is complete; without a picture there is none. */
export class FileOutput implements ProgramOutput {
  readonly observer = new EventEmitter<{ running: []; failed: [OutputError] }>();
  readonly sink: ProgramSink;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #file: Promise<ProgramFile>;
  #folder: string | undefined;
  #ended = false;
  #running = false;
  #closing: Promise<void> | undefined;

  /** @param path absolute, ends with `.mp4` */
  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
    this.#file = this.#open();
    this.#file.catch((error: Error) => this.#fail(error));
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
    this.#folder = await mkdtemp(join(folder, workingFolder));
    const name = basename(this.#path, ending);
    return new ProgramFile({ folder: this.#folder, name, onFailure: (error) => this.#fail(error) });
  }

  #format(format: ProgramFormat): void {
    this.#withFile((file) => file.format(format));
  }

  #sample(sample: ProgramSample): void {
    this.#withFile((file) => file.sample(sample));
    if (this.#running) return;
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

  #fail(error: Error): void {
    this.#logger.error({ err: error }, 'A file of a room cannot be written.');
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    this.observer.emit('failed', new OutputError('storage', `The recording cannot be written: ${code}`));
  }

  async #close(): Promise<void> {
    this.#end();
    const file = await this.#file.catch(() => undefined);
    await file?.settled();
    const folder = this.#folder;
    if (folder === undefined) return;
    await completeMp4(folder, this.#logger);
    for (const name of await readdir(folder)) {
      if (name.endsWith(ending)) await rename(join(folder, name), join(dirname(this.#path), name));
    }
    await rm(folder, { recursive: true, force: true });
  }
}
