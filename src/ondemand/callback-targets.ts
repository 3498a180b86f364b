import { once } from 'node:events';
import PQueue from 'p-queue';
import type { Clock } from '../clock/clock.ts';
import { Deadline } from '../clock/deadline.ts';
import type { AddressGuard } from '../net/address-guard.ts';
import { OutboundError } from '../net/outbound-error.ts';

/** Look-ups at a time: one that hangs occupies a thread that files are read with. */
const concurrency = 2;
/** Milliseconds after which a host counts as one that does not resolve. */
const timeout = 2000;

/** Says where callbacks may go: docs/contracts/jod.md 5.4. */
export class CallbackTargets {
  readonly #guard: AddressGuard;
  readonly #clock: Clock;
  readonly #lookups = new PQueue({ concurrency });

  constructor(guard: AddressGuard, clock: Clock) {
    this.#guard = guard;
    this.#clock = clock;
  }

  /** False when the host has forbidden addresses only. One that does not resolve is permitted. */
  async permits({ hostname }: URL): Promise<boolean> {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    if (!this.#guard.permitsHost(host)) return false;
    const late = new Deadline(this.#clock, timeout);
    // The look-up itself cannot be ended. It keeps its place in the queue.
    const looked = this.#lookups.add(() => this.#resolvesWell(host), { signal: late.signal }).catch(() => true);
    const permitted = await Promise.race([looked, once(late.signal, 'abort').then(() => true)]);
    late.close();
    return permitted;
  }

  async #resolvesWell(host: string): Promise<boolean> {
    return await new Promise((resolve) => {
      this.#guard.lookup(host, { all: true }, (error) => {
        resolve(!(error instanceof OutboundError && error.code === 'refusedAddress'));
      });
    });
  }
}
