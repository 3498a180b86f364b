import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';

export type ToViewers =
  | { readonly type: 'open'; readonly port: number; readonly count: number }
  | { readonly type: 'ask'; readonly path: string };

export type FromViewers =
  | { readonly type: 'opened' }
  /** `at`, `until`: first and last request, in ms since the epoch. */
  | { readonly type: 'asked'; readonly at: number; readonly until: number }
  | { readonly type: 'answered'; readonly arrivals: Float64Array; readonly text: string };

/** What all viewers asked for at once. */
export interface Asked {
  /** When the first and the last request went out, in ms since the epoch. */
  readonly at: number;
  readonly until: number;
  /** When each viewer had the last byte of the answer. */
  readonly arrivals: Float64Array;
  /** The first answer. */
  readonly text: string;
}

/** Client processes: a single one would be what limits a server that has several. */
const processes = 2;

/** Many viewers, each with a connection of its own to one server, in processes of their own. */
export class Viewers {
  readonly #groups: readonly ViewerGroup[];

  private constructor(groups: readonly ViewerGroup[]) {
    this.#groups = groups;
  }

  static async open(cleanup: Cleanup, port: number, count: number): Promise<Viewers> {
    const groups = Array.from({ length: processes }, () => ViewerGroup.open(cleanup, port, count / processes));
    return new Viewers(await Promise.all(groups));
  }

  /** Resolves when all have their answers. @throws when one is refused */
  async ask(path: string): Promise<Asked> {
    const asked = await Promise.all(this.#groups.map((group) => group.ask(path)));
    return {
      at: Math.min(...asked.map(({ at }) => at)),
      until: Math.max(...asked.map(({ until }) => until)),
      arrivals: Float64Array.from(asked.flatMap(({ arrivals }) => [...arrivals])),
      text: asked[0]?.text ?? '',
    };
  }
}

/** Those of one process. */
class ViewerGroup {
  readonly #child: ChildProcess;
  #closing = false;
  readonly #said = new EventEmitter<{ [T in FromViewers['type']]: [Extract<FromViewers, { type: T }>] }>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message: FromViewers) => (this.#said as EventEmitter).emit(message.type, message));
    child.once('exit', (code) => {
      if (!this.#closing) (this.#said as EventEmitter).emit('error', new Error(`The viewers ended with ${code}.`));
    });
  }

  static async open(cleanup: Cleanup, port: number, count: number): Promise<ViewerGroup> {
    const child = fork(join(import.meta.dirname, 'viewer-process.ts'), { serialization: 'advanced' });
    const exited = once(child, 'exit');
    const viewers = new ViewerGroup(child);
    cleanup.teardown(async () => {
      viewers.#closing = true;
      child.kill('SIGKILL');
      await exited;
    });
    const opened = once(viewers.#said, 'opened');
    viewers.#tell({ type: 'open', port, count });
    await opened;
    return viewers;
  }

  async ask(path: string): Promise<Asked> {
    const [asked, answered] = [once(this.#said, 'asked'), once(this.#said, 'answered')];
    this.#tell({ type: 'ask', path });
    const [[{ at, until }], [{ arrivals, text }]] = await Promise.all([asked, answered]);
    return { at, until, arrivals, text };
  }

  #tell(message: ToViewers): void {
    this.#child.send(message);
  }
}
