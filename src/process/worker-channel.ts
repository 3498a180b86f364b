import { Socket } from 'node:net';
import { frameMessage, MessageReader, messageOutput, ping } from './message-framing.ts';

export interface WorkerChannelOptions<To> {
  /** Called for each message of the server. Its errors are passed to `onError`. */
  readonly onMessage: (message: To) => void | Promise<void>;
  readonly onError: (error: Error) => void;
  /** Called when the server has closed the channel or has died. */
  readonly onEnd: () => void;
}

/** The worker's end of the messages between it and the server (message-framing.ts). Responds to the server's pings. */
export class WorkerChannel<To, From> {
  // a file stream would take each message through the thread pool
  readonly #output = new Socket({ fd: messageOutput, readable: false });

  constructor({ onMessage, onError, onEnd }: WorkerChannelOptions<To>) {
    // the server may be gone, which the end of the input reports
    this.#output.on('error', () => undefined);
    const take = async (message: To) => onMessage(message);
    const reader = new MessageReader<To>(
      (message) => void take(message).catch(onError),
      () => this.#output.write(ping),
    );
    process.stdin.on('data', (chunk: Buffer) => reader.push(chunk));
    process.stdin.once('end', onEnd);
    process.stdin.once('error', onEnd);
  }

  send(message: From): void {
    this.#output.write(frameMessage(message));
  }

  /** Resolves when everything has been written or writing has failed. Nothing may be sent afterwards. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#output.end(() => resolve()));
  }
}
