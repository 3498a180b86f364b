import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import type { DoneMessage, PrepareMessage, PublishMessage } from './publishing-process.ts';

/** What everybody sends. */
export type PublishedMedia = Omit<PrepareMessage, 'id'>;

/** Peers in a process of their own that send scripted sound and pictures: packets that were made before. */
export class Publishers {
  readonly #child: ChildProcess;
  #requests = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.setMaxListeners(0);
  }

  static async start(cleanup: Cleanup, media: PublishedMedia): Promise<Publishers> {
    const child = fork(join(import.meta.dirname, 'publishing-process.ts'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const exited = once(child, 'exit');
    cleanup.teardown(async () => {
      if (child.connected) child.disconnect();
      await exited;
    });
    const publishers = new Publishers(child);
    await publishers.#ask(media);
    return publishers;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Resolves when the peer of this token sends. @param host `host:port` of the server */
  async publish(host: string, token: string): Promise<void> {
    await this.#ask({ host, token });
  }

  async #ask(request: PublishedMedia | Omit<PublishMessage, 'id'>): Promise<void> {
    const id = this.#requests++;
    const done = new Promise<void>((resolve, reject) => {
      const gone = () => reject(new Error('The publishers ended.'));
      const listen = (message: DoneMessage) => {
        if (message.id !== id) return;
        this.#child.off('message', listen);
        this.#child.off('exit', gone);
        if (message.error === undefined) resolve();
        else reject(new Error(message.error));
      };
      this.#child.on('message', listen);
      this.#child.once('exit', gone);
    });
    this.#child.send({ id, ...request });
    await done;
  }
}
