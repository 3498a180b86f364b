import type { Registry } from 'prom-client';
import type { Edges } from '../edge/edges.ts';
import { scrapedGauge, scrapedTotal } from './scraped-series.ts';

/** The series of the processes that serve viewers of HLS. Read at the time of the scrape. */
export function createEdgeSeries(registry: Registry, edges: Pick<Edges, 'serving' | 'restarts' | 'viewers'>): void {
  scrapedGauge(registry, 'shoal_hls_edges', 'Processes that serve viewers of HLS', () => edges.serving);
  scrapedGauge(registry, 'shoal_hls_edge_connections', 'Their connections of viewers', () => edges.viewers);
  const help = 'Processes that served viewers of HLS, died or hung, and were replaced';
  scrapedTotal(registry, 'shoal_hls_edge_restarts_total', help, () => edges.restarts);
}
