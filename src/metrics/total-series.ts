import { Counter, type Registry } from 'prom-client';

/** Exports a counter that is kept elsewhere. @param read returns its value, called at the time of the scrape */
export function createTotalSeries(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
