import { Registry } from 'prom-client';
import t from 'tap';
import { scrapedTotal } from '../../src/metrics/scraped-series.ts';

t.test('each scrape has the current value', async (t) => {
  const registry = new Registry();
  let total = 2;
  scrapedTotal(registry, 'things_total', 'Things', () => total);
  t.match(await registry.metrics(), /^# TYPE things_total counter\nthings_total 2$/m);
  total = 5;
  t.match(await registry.metrics(), /^things_total 5$/m, 'no sum of what was told');
});
