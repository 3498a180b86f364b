import { Gauge, type Registry } from 'prom-client';
import type { WorkerPool } from '../sfu/worker-pool.ts';
import { createTotalSeries } from './total-series.ts';

/** What the webhooks tell about themselves. */
export interface WebhookState {
  /** Since the start. */
  readonly counts: {
    readonly delivered: number;
    /** Not wanted by the receiver, or not sent to it since its address is refused. */
    readonly rejected: number;
    /** Attempts, those that were repeated included. */
    readonly failed: number;
    /** Given up. */
    readonly dropped: number;
  };
  /** Messages that wait. */
  readonly waiting: number;
}

export interface ServerSeriesOptions {
  readonly registry: Registry;
  readonly workers: Pick<WorkerPool, 'workers' | 'restarts'>;
  readonly webhooks: WebhookState;
}

/** The series that Fishjam did not have: media workers and webhooks. Read at the moment of the scrape. */
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
  total('shoal_webhook_failures_total', 'Attempts to deliver a webhook that failed', () => webhooks.counts.failed);
  total('shoal_webhook_drops_total', 'Webhooks given up', () => webhooks.counts.dropped);
  new Gauge({
    name: 'shoal_webhooks_waiting',
    help: 'Webhooks that wait for their delivery',
    registers,
    collect() {
      this.set(webhooks.waiting);
    },
  });
}
