import { createHook } from 'node:async_hooks';

/** What keeps the process, its ports or its memory in use. */
const kinds = new Set([
  'FSEVENTWRAP',
  'PIPEWRAP',
  'PROCESSWRAP',
  'SIGNALWRAP',
  'STATWATCHER',
  'TCPSERVERWRAP',
  'TCPWRAP',
  'TLSWRAP',
  'Timeout',
  'UDPWRAP',
  'WORKER',
]);

/** What the test itself opens: the client that fetch() is, and the wait for the end. */
const tools = ['node:internal/deps/undici', '/test/eventually.ts'];

/** Timers, sockets and processes that were opened since {@link watch} and are open, whether or not they keep the event loop running. */
export class OpenResources {
  readonly #places = new Map<number, string>();
  readonly #hook = createHook({
    init: (id, kind) => {
      if (kinds.has(kind)) this.#places.set(id, `${kind}${new Error('opened').stack?.slice('Error: opened'.length)}`);
    },
    destroy: (id) => this.#places.delete(id),
  });

  watch(): void {
    Error.stackTraceLimit = 30;
    this.#hook.enable();
  }

  /** The kind of each, and where it was opened. */
  get list(): string[] {
    return [...this.#places.values()].filter((place) => !tools.some((tool) => place.includes(tool)));
  }

  close(): void {
    this.#hook.disable();
  }
}
