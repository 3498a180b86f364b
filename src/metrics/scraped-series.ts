import { Counter, Gauge, type Metric, type Registry } from 'prom-client';

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

/** Exports a value. @param read returns it, called at the time of the scrape; must not fail */
export function scrapedGauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => number | Promise<number>,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      this.set(await read());
    },
  });
}

/** What a histogram that is kept elsewhere has. */
export interface ScrapedCounts {
  /** Number of observations up to each bound and above the one before, and of those beyond the last one. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Exports a histogram that is kept elsewhere. @param bounds upper ones, rising @param read called at the time of the scrape */
export function scrapedHistogram(
  registry: Registry,
  name: string,
  help: string,
  bounds: readonly number[],
  read: () => ScrapedCounts,
): void {
  const get = async () => {
    const { counts, sum } = read();
    let total = 0;
    const buckets = [...bounds, '+Inf'].map((le, index) => {
      total += counts[index] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le }, value: total };
    });
    const rest = { sum, count: total };
    const ends = Object.entries(rest).map(([end, value]) => ({ metricName: `${name}_${end}`, labels: {}, value }));
    return { name, help, type: 'histogram', values: [...buckets, ...ends] };
  };
  // The library's own histogram takes observations only; a registry asks for no more than this.
  registry.registerMetric({ name, get } as unknown as Metric);
}
