import t from 'tap';
import { processSeries } from '../../src/metrics/process-series.ts';

t.test('the series of the process exist once', async (t) => {
  t.equal(processSeries(), processSeries());
});

t.test('the vm_ names of Fishjam are gauges with values of this process', async (t) => {
  const read = async (name: string) => {
    const metric = await processSeries().getSingleMetric(name)?.get();
    t.equal(metric?.type, 'gauge', name);
    return metric?.values[0]?.value ?? Number.NaN;
  };
  const memory = await read('vm_memory_total_bytes');
  const { rss } = process.memoryUsage();
  t.ok(memory > rss / 2 && memory < rss * 2, `${memory} is about ${rss}`);
  const total = await read('vm_total_run_queue_lengths_total');
  t.ok(total >= 0 && Number.isFinite(total));
  t.equal(await read('vm_total_run_queue_lengths_cpu'), total);
  t.equal(await read('vm_total_run_queue_lengths_io'), 0);
});

t.test('the event loop delay is exported', async (t) => {
  t.match(await processSeries().metrics(), /^shoal_nodejs_eventloop_lag_p99_seconds /m);
});
