import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../src/clock/clock.ts';
import { type Child, type ProcessEnd, type Spawn, spawnChild } from '../../src/process/child.ts';
import { childEnvironment } from '../../src/process/child-environment.ts';
import { LineReader } from '../../src/process/line-reader.ts';
import { guardGroup, releaseGroup, signalGroup } from '../../src/process/orphan-guard.ts';

/** Lines of standard error that are kept to explain an end. */
const keptLines = 5;
/** Time to end after each request to, in ms. */
const grace = 3000;

/** One run of ffmpeg between two pipes. It ends with us, whatever ends us. */
export class Ffmpeg {
  readonly #clock: Clock;
  readonly #child: Child;
  readonly #lines: string[] = [];
  #finishing: Promise<ProcessEnd> | undefined;
  /** Settles once the process is gone and its output is read to the end. */
  readonly ended: Promise<ProcessEnd>;

  /** @param args without `-hide_banner` and `-loglevel` */
  constructor(args: readonly string[], clock: Clock, spawn: Spawn = spawnChild) {
    this.#clock = clock;
    this.#child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args], {
      env: childEnvironment(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // a pipe whose other end died must not take us along
    for (const stream of this.#child.streams) stream?.on('error', () => undefined);
    const reader = new LineReader((line) => this.#remember(line));
    (this.#child.streams[2] as Readable | null)?.on('data', (chunk: Buffer) => reader.push(chunk));
    this.ended = this.#watch();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get stdin(): Writable {
    return this.#child.streams[0] as Writable;
  }

  get stdout(): Readable {
    return this.#child.streams[1] as Readable;
  }

  /** What it wrote to standard error last, oldest first. */
  get lastLines(): readonly string[] {
    return this.#lines;
  }

  /** Ends it by the end of its input, so that everything it has comes out; a deaf one is interrupted, then killed. */
  finish(): Promise<ProcessEnd> {
    this.#finishing ??= this.#finish();
    return this.#finishing;
  }

  /** Ends it at once. */
  kill(): Promise<ProcessEnd> {
    if (this.pid !== undefined) signalGroup(this.pid, 'SIGKILL');
    return this.ended;
  }

  async #watch(): Promise<ProcessEnd> {
    const { pid } = this;
    if (pid !== undefined) guardGroup(pid);
    const end = await this.#child.exited;
    await this.#child.drained;
    if (pid !== undefined) releaseGroup(pid);
    return end;
  }

  async #finish(): Promise<ProcessEnd> {
    this.stdin.end();
    const cancels = [
      this.#clock.schedule(grace, () => this.pid !== undefined && signalGroup(this.pid, 'SIGINT')),
      this.#clock.schedule(2 * grace, () => this.kill()),
    ];
    const end = await this.ended;
    for (const cancel of cancels) cancel();
    return end;
  }

  #remember(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
  }
}
