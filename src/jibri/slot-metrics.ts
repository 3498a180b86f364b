import { Counter, Gauge, Registry } from 'prom-client';
import type { Slot, SlotCount } from '../recorder/slot.ts';

const namespace = 'jitsi_jibri_';
const counters: Readonly<Record<SlotCount, readonly [name: string, help: string]>> = {
  started: ['sessions_started', 'Sessions that were accepted.'],
  stopped: ['sessions_stopped', 'Sessions that are over.'],
  fault: ['errors', 'Errors of scope SYSTEM.'],
  refused: ['busy', 'Starts that were refused because of another session.'],
};

/** The Prometheus series of one slot: docs/contracts/jibri.md 2.5. */
export class SlotMetrics {
  readonly contentType: string;
  readonly #registry = new Registry();

  constructor(slot: Slot) {
    this.contentType = this.#registry.contentType;
    const registers = [this.#registry];
    const made = new Map(
      Object.entries(counters).map(([count, [name, help]]) => {
        return [count, new Counter({ name: namespace + name, help, registers })] as const;
      }),
    );
    slot.observer.on('counted', (count) => made.get(count)?.inc());
    const gauge = (name: string, help: string, holds: () => boolean) =>
      new Gauge({
        name: namespace + name,
        help,
        registers,
        collect() {
          this.set(holds() ? 1 : 0);
        },
      });
    gauge('healthy', '1: no error of scope SYSTEM.', () => slot.status.healthy);
    gauge('recording', '1: a session runs.', () => slot.running);
  }

  async text(): Promise<string> {
    return await this.#registry.metrics();
  }
}
