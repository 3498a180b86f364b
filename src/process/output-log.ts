import type { Readable } from 'node:stream';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { LineReader } from './line-reader.ts';

/** Maximum number of logged lines per second, so that a failing child does not fill the disk. */
const linesPerSecond = 20;

/** Logs the output of a child process and keeps its last lines. */
export class OutputLog {
  readonly #logger: Logger | undefined;
  readonly #clock: Clock;
  readonly #kept: number;
  readonly #onLine: ((line: string) => void) | undefined;
  #lastLines: string[] = [];
  #windowStart = 0;
  #logged = 0;
  #suppressed = 0;

  /**
   * @param logger without it, lines are kept, but not logged
   * @param kept number of lines that are kept, to explain a failure
   * @param onLine called with each line
   */
  constructor(logger: Logger | undefined, clock: Clock, kept = 20, onLine?: (line: string) => void) {
    this.#logger = logger;
    this.#clock = clock;
    this.#kept = kept;
    this.#onLine = onLine;
  }

  /** The last lines, oldest first. */
  get lastLines(): readonly string[] {
    return this.#lastLines;
  }

  /** Forgets the lines of an earlier child. */
  reset(): void {
    this.#lastLines = [];
  }

  follow(stream: Readable): void {
    const reader = new LineReader((line) => this.#take(line));
    stream.on('data', (chunk: Buffer) => reader.push(chunk));
    stream.once('end', () => reader.end());
    stream.on('error', () => undefined);
  }

  #take(line: string): void {
    this.#onLine?.(line);
    this.#lastLines.push(line);
    if (this.#lastLines.length > this.#kept) this.#lastLines.shift();
    const now = this.#clock.monotonic();
    if (now - this.#windowStart >= 1000) this.#startWindow(now);
    if (this.#logged >= linesPerSecond) {
      this.#suppressed += 1;
      return;
    }
    this.#logged += 1;
    this.#logger?.debug({ line }, 'Process output');
  }

  #startWindow(now: number): void {
    if (this.#suppressed > 0) this.#logger?.debug({ lines: this.#suppressed }, 'Process output not shown');
    this.#windowStart = now;
    this.#logged = 0;
    this.#suppressed = 0;
  }
}
