import { performance } from 'node:perf_hooks';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { scrapedGauge } from './scraped-series.ts';

let registry: Registry | undefined;

/**
 * The series of this process: CPU, memory, event loop delay, garbage collection, and the `vm_…` names of
 * docs/contracts/fishjam-sockets.md 8. Erlang's run queues correspond to the event loop: the number of events that wait, on average
 * since the last scrape. All of them are for the one JavaScript thread, hence `_cpu`.
 */
export function processSeries(): Registry {
  registry ??= createProcessSeries();
  return registry;
}

function createProcessSeries(): Registry {
  const created = new Registry();
  collectDefaultMetrics({ register: created, prefix: 'shoal_' });
  const gauge = (name: string, help: string, read: () => number) => scrapedGauge(created, name, help, read);
  const waiting = { loops: 0, events: 0, average: 0 };
  gauge('vm_memory_total_bytes', 'Resident memory of the process (bytes)', () => process.memoryUsage.rss());
  gauge('vm_total_run_queue_lengths_total', 'Events waiting for the event loop, mean since the last scrape', () => {
    const { loopCount, eventsWaiting } = performance.nodeTiming.uvMetricsInfo;
    const loops = loopCount - waiting.loops;
    waiting.average = loops > 0 ? (eventsWaiting - waiting.events) / loops : 0;
    waiting.loops = loopCount;
    waiting.events = eventsWaiting;
    return waiting.average;
  });
  gauge(
    'vm_total_run_queue_lengths_cpu',
    'The same as the total: all events are for one thread',
    () => waiting.average,
  );
  gauge('vm_total_run_queue_lengths_io', 'Always 0: input and output have no separate queue', () => 0);
  return created;
}
