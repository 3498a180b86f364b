import { Counter, Gauge, type Registry } from 'prom-client';

/** Exports a counter that is kept elsewhere. @param read returns its value, called at the time of the scrape */
export function scrapedTotal(registry: Registry, name: string, help: string, read: () => number): void {
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

/** Exports a value. @param read returns it, called at the time of the scrape */
export function scrapedGauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
