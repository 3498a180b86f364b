import { Registry } from 'prom-client';
import t from 'tap';
import { scrapedHistogram, scrapedTotal } from '../../src/metrics/scraped-series.ts';

t.test('each scrape has the current value', async (t) => {
  const registry = new Registry();
  let total = 2;
  scrapedTotal(registry, 'things_total', 'Things', () => total);
  t.match(await registry.metrics(), /^# TYPE things_total counter\nthings_total 2$/m);
  total = 5;
  t.match(await registry.metrics(), /^things_total 5$/m, 'no sum of what was told');
});

t.test('a histogram that is kept elsewhere has cumulative buckets', async (t) => {
  const registry = new Registry();
  let counts = [3, 0, 2, 1];
  scrapedHistogram(registry, 'delay_seconds', 'Delay', [0.001, 0.01, 0.1], () => ({ counts, sum: 1.5 }));
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => line.includes('delay_seconds'));
  t.strictSame(await lines(), [
    ...['# HELP delay_seconds Delay', '# TYPE delay_seconds histogram'],
    ...['delay_seconds_bucket{le="0.001"} 3', 'delay_seconds_bucket{le="0.01"} 3', 'delay_seconds_bucket{le="0.1"} 5'],
    ...['delay_seconds_bucket{le="+Inf"} 6', 'delay_seconds_sum 1.5', 'delay_seconds_count 6'],
  ]);
  counts = [4, 0, 2, 1];
  t.ok((await lines()).includes('delay_seconds_count 7'));
});
