import { StringDecoder } from 'node:string_decoder';

/** Splits a byte stream into lines. Lines are cut at `limit`, so that memory is bounded. */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  readonly #limit: number;
  #rest = '';
  /** True while the rest of a cut line is being skipped. */
  #skipping = false;

  /** @param limit maximum length of a line, in characters */
  constructor(onLine: (line: string) => void, limit = 2000) {
    this.#onLine = onLine;
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk));
  }

  /** Emits the last line if it has no line end. */
  end(): void {
    this.#take(`${this.#decoder.end()}\n`);
  }

  /** A carriage return ends a line, too, as in progress displays. */
  #take(text: string): void {
    const parts = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = parts.pop() ?? '';
    for (const part of parts) this.#finish(part);
    if (this.#rest.length <= this.#limit) return;
    const cut = this.#rest.slice(0, this.#limit);
    this.#rest = '';
    if (!this.#skipping) this.#onLine(`${cut}…`);
    this.#skipping = true;
  }

  #finish(part: string): void {
    const skip = this.#skipping;
    this.#skipping = false;
    if (skip || part.trim() === '') return;
    this.#onLine(part.length > this.#limit ? `${part.slice(0, this.#limit)}…` : part);
  }
}
