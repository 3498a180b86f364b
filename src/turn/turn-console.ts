import { connect, type Socket } from 'node:net';
import type { Clock } from '../clock/clock.ts';

/** Time for a connection and for the output of a command, in ms. */
const timeoutMs = 5000;
/** Maximum length of the output of a command: some 50,000 allocations. */
const maxOutput = 32_000_000;

const passwordPrompt = /password: \r\n$/;
const prompt = /(?:^|\n)> $/;
/** Longer than either. */
const tailLength = 20;

export interface TurnConsoleOptions {
  /** Where it listens on loopback; asked for each connection, because coturn may have been restarted. */
  readonly port: () => Promise<number>;
  readonly password: string;
  readonly clock: Clock;
}

/**
 * The command line interface of coturn, a TCP connection over loopback: the only way to end an allocation of somebody else. Commands run one
 * after the other. A connection that fails is opened again by the next command.
 */
export class TurnConsole {
  readonly #options: TurnConsoleOptions;
  #socket: Socket | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: TurnConsoleOptions) {
    this.#options = options;
  }

  /** Runs a command. @returns its output. Rejects when coturn cannot be reached or does not respond within 5 s */
  run(command: string): Promise<string> {
    const running = this.#last.then(() => this.#run(command));
    this.#last = running.catch(() => undefined);
    return running;
  }

  /** Commands that run are rejected. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  async #run(command: string): Promise<string> {
    if (/[^\x20-\x7e]/.test(command)) throw new Error('A TURN command contains a character that is not allowed');
    this.#socket ??= await this.#open();
    return await this.#exchange(this.#socket, command, prompt);
  }

  async #open(): Promise<Socket> {
    const port = await this.#options.port();
    if (this.#closed) throw new Error('The TURN console was closed');
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('latin1');
    // whoever waits for output hears of it, too
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    this.#socket = socket;
    await this.#exchange(socket, undefined, passwordPrompt);
    await this.#exchange(socket, this.#options.password, prompt);
    return socket;
  }

  /** Sends a line and waits for what ends its output. Otherwise it closes the connection. */
  #exchange(socket: Socket, line: string | undefined, end: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const output: string[] = [];
      let length = 0;
      let tail = '';
      const stop = () => {
        cancel();
        socket.off('data', take).off('close', fail);
      };
      const fail = () => {
        stop();
        socket.destroy();
        if (this.#socket === socket) this.#socket = undefined;
        reject(new Error('The TURN server does not respond to commands'));
      };
      const take = (text: string) => {
        output.push(text);
        length += text.length;
        if (length > maxOutput) return fail();
        // the end may come in two pieces
        tail = (tail + text).slice(-tailLength);
        if (!end.test(tail)) return;
        stop();
        resolve(output.join(''));
      };
      const cancel = this.#options.clock.schedule(timeoutMs, fail);
      socket.on('data', take).once('close', fail);
      if (socket.destroyed) return fail();
      if (line !== undefined) socket.write(`${line}\r\n`);
    });
  }
}
