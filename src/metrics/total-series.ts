import { Counter, type Registry } from 'prom-client';

/** A counter that is kept elsewhere. @param read tells what it has come to, at the moment of the scrape */
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
