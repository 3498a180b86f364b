import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TurnServer } from '../../../src/turn/turn-server.ts';
import type { Cleanup } from './cleanup.ts';
import type { AnswerMessage, ConnectedMessage, OfferMessage, PortMessage, PortRequest } from './receiver-process.ts';

type Message = AnswerMessage | ConnectedMessage | PortMessage;

/**
 * WebRTC clients with real ICE, DTLS and SRTP that can be frozen once they are connected: then what is sent to them costs them nothing,
 * and all of the machine is left to what is measured.
 */
export class Receivers {
  readonly #child: ChildProcess;
  readonly #relay: TurnServer | undefined;
  #count = 0;

  private constructor(child: ChildProcess, relay: TurnServer | undefined) {
    this.#child = child;
    this.#relay = relay;
    child.setMaxListeners(0);
  }

  /** @param relay through which they connect; without: directly */
  static start(cleanup: Cleanup, relay?: TurnServer): Receivers {
    const child = fork(join(import.meta.dirname, 'receiver-process.ts'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const exited = once(child, 'exit');
    cleanup.teardown(async () => {
      // The only signal that ends a stopped process.
      child.kill('SIGKILL');
      await exited;
    });
    return new Receivers(child, relay);
  }

  /** Connects one more. @param takeAnswer gives the answer to whoever made the offer */
  async connect(offer: string, takeAnswer: (answer: string) => Promise<void>): Promise<void> {
    const id = this.#count++;
    const connected = this.#hear(id, 'connected');
    const answered = this.#hear(id, 'answer');
    const [entry] = this.#relay?.entriesFor(`receiver-${id}`) ?? [];
    this.#child.send({ id, offer, relay: entry } satisfies OfferMessage);
    await takeAnswer(((await answered) as AnswerMessage).answer);
    await connected;
  }

  /** Opens a port for plain RTP. @returns its number */
  async openPort(): Promise<number> {
    const id = this.#count++;
    const opened = this.#hear(id, 'port');
    this.#child.send({ id } satisfies PortRequest);
    return ((await opened) as PortMessage).port;
  }

  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  #hear(id: number, member: 'answer' | 'connected' | 'port'): Promise<Message> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error('The receivers ended.'));
      const listen = (message: Message) => {
        if (message.id !== id || !(member in message)) return;
        this.#child.off('message', listen);
        this.#child.off('exit', gone);
        resolve(message);
      };
      this.#child.on('message', listen);
      this.#child.once('exit', gone);
    });
  }
}
