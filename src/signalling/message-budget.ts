import type { WebSocket } from 'ws';
import type { Clock } from '../clock/clock.ts';

/** Window in which a client's messages are counted, in ms. */
const window = 50;
/** Maximum number of messages of one client in a window. */
const maxMessages = 500;
/** Maximum number of bytes of one client in a window. */
const maxBytes = 2_000_000;

/** Maximum CPU time that the messages of one client take in a window, in ms; what is beyond it is taken off the next ones. */
const maxWork = 10;

/** CPU time of this thread, in ms: a client is not to pay for time in which the machine did something else. */
function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/**
 * Rate limit of one client: beyond its budget its socket is not read until the next window. It is not disconnected, because
 * a regular legacy client may repeat an event tens of thousands of times.
 */
export class MessageBudget {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #cpuTime: () => number;
  #messages = 0;
  #bytes = 0;
  #work = 0;
  #cancel: (() => void) | undefined;

  /** @param cpuTime spent so far, in ms */
  constructor(socket: WebSocket, clock: Clock, cpuTime: () => number = threadTime) {
    this.#socket = socket;
    this.#clock = clock;
    this.#cpuTime = cpuTime;
    socket.once('close', () => this.#cancel?.());
  }

  /** @param work handles the message */
  spend(bytes: number, work: () => void = () => undefined): void {
    const start = this.#cpuTime();
    work();
    this.#work += this.#cpuTime() - start;
    this.#messages += 1;
    this.#bytes += bytes;
    this.#cancel ??= this.#clock.schedule(window, () => this.#renew());
    if (this.#isSpent()) this.#socket.pause();
  }

  #isSpent(): boolean {
    return this.#messages > maxMessages || this.#bytes > maxBytes || this.#work > maxWork;
  }

  #renew(): void {
    this.#messages = 0;
    this.#bytes = 0;
    this.#work = Math.max(0, this.#work - maxWork);
    this.#cancel = this.#work > 0 ? this.#clock.schedule(window, () => this.#renew()) : undefined;
    if (!this.#isSpent()) this.#socket.resume();
  }
}
