import { Duplex, type Readable, type Writable } from 'node:stream';
import type { Clock } from '../clock/clock.ts';
import type { ProcessEnd } from '../process/child.ts';
import { OutputLog } from '../process/output-log.ts';
import { ProcessRun } from '../process/process-run.ts';
import { WorkerWatch } from '../process/worker-watch.ts';

/** Number of lines of standard error that are kept to explain a failure. */
const keptLines = 5;

/** One run of ffmpeg between two pipes. It does not outlive this process, however that ends. */
export class Ffmpeg {
  readonly #clock: Clock;
  readonly #run: ProcessRun;
  readonly #output: OutputLog;
  #finishing: Promise<ProcessEnd> | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Settles when the process has ended and its output has been read. */
  readonly ended: Promise<ProcessEnd>;

  /** Starts ffmpeg. @param args without `-hide_banner` and `-loglevel` */
  constructor(args: readonly string[], clock: Clock) {
    this.#clock = clock;
    this.#output = new OutputLog(undefined, clock, keptLines);
    this.#run = new ProcessRun('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args], {
      ...{ stdio: ['pipe', 'pipe', 'pipe'], output: this.#output, clock },
    });
    this.stdin = this.#run.writable(0) ?? closedPipe();
    this.stdout = this.#run.readable(1) ?? closedPipe();
    this.ended = this.#run.ended.then((end) => this.#run.drained.then(() => end));
  }

  get pid(): number | undefined {
    return this.#run.pid;
  }

  /** The last lines of standard error, oldest first. */
  get lastLines(): readonly string[] {
    return this.#output.lastLines;
  }

  /** Ends the input, so that ffmpeg finishes its output. It is killed when no more output comes and it does not end. */
  finish(): Promise<ProcessEnd> {
    this.#finishing ??= this.#finish();
    return this.#finishing;
  }

  /** Kills it. */
  kill(): Promise<ProcessEnd> {
    this.#run.signal('SIGKILL');
    return this.ended;
  }

  async #finish(): Promise<ProcessEnd> {
    this.stdin.end();
    const { pid, stdout } = this;
    if (pid === undefined) return await this.ended;
    const onFault = () => void this.kill();
    const watch = new WorkerWatch({ pid, maxMemory: 0, clock: this.#clock, ping: () => undefined, onFault });
    watch.hear();
    stdout.on('data', () => watch.hear());
    const end = await this.ended;
    watch.close();
    return end;
  }
}

/** Replaces the pipe of a process that could not be started. */
function closedPipe(): Duplex {
  return new Duplex().destroy().on('error', () => undefined);
}
