import { Counter, Gauge, Registry } from 'prom-client';
import type { Slot } from '../recorder/slot.ts';

const namespace = 'jitsi_jibri_';
const counters = {
  sessions_started: 'Sessions that were accepted.',
  sessions_stopped: 'Sessions that are over.',
  errors: 'Errors of scope SYSTEM.',
  busy: 'Starts that were refused because of another session.',
} as const;

/** The Prometheus series of one slot: docs/contracts/jibri.md 2.5. */
export class SlotMetrics {
  readonly contentType: string;
  readonly #registry = new Registry();

  constructor(slot: Slot) {
    this.contentType = this.#registry.contentType;
    const registers = [this.#registry];
    const made = Object.entries(counters).map(
      ([name, help]) => [name, new Counter({ name: namespace + name, help, registers })] as const,
    );
    const byName = new Map<string, Counter>(made);
    slot.observer.on('counted', (name) => byName.get(name)?.inc());
    const gauge = (name: string, help: string, holds: () => boolean) =>
      new Gauge({
        name: namespace + name,
        help,
        registers,
        collect() {
          this.set(holds() ? 1 : 0);
        },
      });
    gauge('healthy', '1: no error of scope SYSTEM.', () => slot.status.health.healthStatus === 'HEALTHY');
    gauge('recording', '1: a session runs.', () => slot.running);
  }

  async text(): Promise<string> {
    return await this.#registry.metrics();
  }
}
