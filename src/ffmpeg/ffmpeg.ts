import { Duplex, type Readable, type Writable } from 'node:stream';
import type { Clock } from '../clock/clock.ts';
import type { ProcessEnd, Spawn } from '../process/child.ts';
import { OutputLog } from '../process/output-log.ts';
import { ProcessRun } from '../process/process-run.ts';

/** Lines of standard error that are kept to explain an end. */
const keptLines = 5;
/** Time to end after each request to, in ms. */
const grace = 3000;

/** One run of ffmpeg between two pipes. It ends with us, whatever ends us. */
export class Ffmpeg {
  readonly #clock: Clock;
  readonly #run: ProcessRun;
  readonly #output: OutputLog;
  #finishing: Promise<ProcessEnd> | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Settles once the process is gone and its output is read to the end. */
  readonly ended: Promise<ProcessEnd>;

  /** @param args without `-hide_banner` and `-loglevel` */
  constructor(args: readonly string[], clock: Clock, spawn?: Spawn) {
    this.#clock = clock;
    this.#output = new OutputLog(undefined, clock, keptLines);
    this.#run = new ProcessRun('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args], {
      ...{ stdio: ['pipe', 'pipe', 'pipe'], output: this.#output, clock, spawn },
    });
    this.stdin = this.#run.writable(0) ?? closedPipe();
    this.stdout = this.#run.readable(1) ?? closedPipe();
    this.ended = this.#run.ended.then((end) => this.#run.drained.then(() => end));
  }

  get pid(): number | undefined {
    return this.#run.pid;
  }

  /** What it wrote to standard error last, oldest first. */
  get lastLines(): readonly string[] {
    return this.#output.lastLines;
  }

  /** Ends it by the end of its input, so that everything it has comes out; a deaf one is interrupted, then killed. */
  finish(): Promise<ProcessEnd> {
    this.#finishing ??= this.#finish();
    return this.#finishing;
  }

  /** Ends it at once. */
  kill(): Promise<ProcessEnd> {
    this.#run.signal('SIGKILL');
    return this.ended;
  }

  async #finish(): Promise<ProcessEnd> {
    this.stdin.end();
    const cancels = [
      this.#clock.schedule(grace, () => this.#run.signal('SIGINT')),
      this.#clock.schedule(2 * grace, () => this.kill()),
    ];
    const end = await this.ended;
    for (const cancel of cancels) cancel();
    return end;
  }
}

/** In place of the pipe of a process that could not be started. */
function closedPipe(): Duplex {
  return new Duplex().destroy().on('error', () => undefined);
}
