import { Gauge, type Registry } from 'prom-client';
import type { WorkerPool } from '../sfu/worker-pool.ts';
import { createTotalSeries } from './total-series.ts';

/** The counters of webhooks. */
export interface WebhookState {
  /** Since the start of the server. */
  readonly counts: {
    readonly delivered: number;
    /** Rejected by the receiver, or not sent because its address is not permitted. */
    readonly rejected: number;
    /** Failed deliveries, retried ones included. */
    readonly failed: number;
    /** Dropped messages. */
    readonly dropped: number;
  };
  /** Number of waiting messages. */
  readonly waiting: number;
}

export interface ServerSeriesOptions {
  readonly registry: Registry;
  readonly workers: Pick<WorkerPool, 'workers' | 'restarts'>;
  readonly webhooks: WebhookState;
}

/** The series of media workers and webhooks, which Fishjam does not have. Read at the time of the scrape. */
export function createServerSeries({ registry, workers, webhooks }: ServerSeriesOptions): void {
  const registers = [registry];
  new Gauge({
    name: 'shoal_media_workers',
    help: 'Media workers that are alive',
    registers,
    collect() {
      this.set(workers.workers.length);
    },
  });
  new Gauge({
    name: 'shoal_media_worker_rooms',
    help: 'Rooms on a media worker, by its process id',
    labelNames: ['pid'],
    registers,
    collect() {
      this.reset();
      for (const { pid, rooms } of workers.workers) this.set({ pid }, rooms);
    },
  });
  const total = (name: string, help: string, read: () => number) => createTotalSeries(registry, name, help, read);
  total('shoal_media_worker_restarts_total', 'Media workers that died and were replaced', () => workers.restarts);
  total('shoal_webhook_deliveries_total', 'Webhooks delivered', () => webhooks.counts.delivered);
  total('shoal_webhook_rejections_total', 'Webhooks rejected by or for their receiver', () => webhooks.counts.rejected);
  total('shoal_webhook_failures_total', 'Failed attempts to deliver a webhook', () => webhooks.counts.failed);
  total('shoal_webhook_drops_total', 'Webhooks that were dropped', () => webhooks.counts.dropped);
  new Gauge({
    name: 'shoal_webhooks_waiting',
    help: 'Webhooks that wait for delivery',
    registers,
    collect() {
      this.set(webhooks.waiting);
    },
  });
}
