import { Gauge, type Registry } from 'prom-client';
import type { WorkerPool } from '../sfu/worker-pool.ts';
import type { TurnCredentials } from '../turn/turn-credentials.ts';
import { scrapedGauge, scrapedTotal } from './scraped-series.ts';

/** The counters of webhooks since the start of the server, and how many wait. */
export interface WebhookState {
  readonly counts: Readonly<Record<'delivered' | 'rejected' | 'failed' | 'dropped', number>>;
  readonly waiting: number;
}

export interface ServerSeriesOptions {
  readonly registry: Registry;
  readonly workers: Pick<WorkerPool, 'workers' | 'restarts'>;
  readonly webhooks: WebhookState;
  readonly turn?: Pick<TurnCredentials, 'relay'>;
}

/** The series of media workers and webhooks, which Fishjam does not have. Read at the time of the scrape. */
export function createServerSeries({ registry, workers, webhooks, turn }: ServerSeriesOptions): void {
  const gauge = (name: string, help: string, read: () => number) => scrapedGauge(registry, name, help, read);
  const total = (name: string, help: string, read: () => number) => scrapedTotal(registry, name, help, read);
  gauge('shoal_media_workers', 'Media workers that are alive', () => workers.workers.length);
  new Gauge({
    name: 'shoal_media_worker_rooms',
    help: 'Rooms on a media worker, by its process id',
    labelNames: ['pid'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { pid, rooms } of workers.workers) this.set({ pid }, rooms);
    },
  });
  total(
    'shoal_media_worker_restarts_total',
    'Media workers that died or hung and were replaced',
    () => workers.restarts,
  );
  total('shoal_webhook_deliveries_total', 'Webhooks delivered', () => webhooks.counts.delivered);
  total('shoal_webhook_rejections_total', 'Webhooks rejected by or for their receiver', () => webhooks.counts.rejected);
  total('shoal_webhook_failures_total', 'Failed attempts to deliver a webhook', () => webhooks.counts.failed);
  total('shoal_webhook_drops_total', 'Webhooks that were dropped', () => webhooks.counts.dropped);
  gauge('shoal_webhooks_waiting', 'Webhooks that wait for delivery', () => webhooks.waiting);
  const relay = () => turn?.relay ?? { allocations: 0, ports: 0, refusals: 0 };
  gauge('shoal_turn_allocations', 'Relay ports in use on the embedded TURN server', () => relay().allocations);
  gauge('shoal_turn_relay_ports', 'Relay ports of the embedded TURN server', () => relay().ports);
  total('shoal_turn_refusals_total', 'Allocations refused because no relay port was free', () => relay().refusals);
}
