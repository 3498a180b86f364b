import { Counter, Registry } from 'prom-client';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Edges } from '../edge/edges.ts';
import type { Logger } from '../log/logger.ts';
import type { ProgramFeeds } from '../program/program-feeds.ts';
import type { RoomEvents } from '../room/room-events.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { createEdgeSeries } from './edge-series.ts';
import { MetricsEndpoint } from './metrics-endpoint.ts';
import { processSeries } from './process-series.ts';
import { createProgramSeries } from './program-series.ts';
import { createRecordSeries, type RecordMeasures } from './record-series.ts';
import { RoomSeries } from './room-series.ts';
import { createRtspSeries } from './rtsp-series.ts';
import { createServerSeries, type ServerSeriesOptions } from './server-series.ts';
import { createSipSeries, type SipMeasures } from './sip-series.ts';
import { createWebrtcSeries } from './webrtc-series.ts';
import { WebrtcTraffic } from './webrtc-traffic.ts';

export interface PrometheusOptions extends Omit<ServerSeriesOptions, 'registry'> {
  readonly ip: string;
  /** 0: any free port. */
  readonly port: number;
  readonly rooms: RoomRegistry;
  readonly events: RoomEvents;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * The server's Prometheus endpoint (docs/contracts/fishjam-sockets.md 8). Every `fishjam_…` series is also exported as `jellyfish_…`, for the
 * dashboards of both; new series are called `shoal_…`.
 */
export class Prometheus {
  readonly #options: PrometheusOptions;
  /** The `fishjam_…` series. */
  readonly #inherited = new Registry();
  /** The `shoal_…` series. */
  readonly #own = new Registry();
  readonly #traffic: WebrtcTraffic;
  readonly #ingress: Counter;
  readonly #egress: Counter;
  readonly #rooms: RoomSeries;
  #endpoint: MetricsEndpoint | undefined;

  private constructor(options: PrometheusOptions) {
    this.#options = options;
    const { rooms, events, clock = systemClock } = options;
    const registry = this.#inherited;
    this.#traffic = new WebrtcTraffic({ registry, clock });
    this.#ingress = counter(
      registry,
      'fishjam_traffic_ingress_http_total_bytes',
      'Total HTTP traffic received (bytes)',
    );
    this.#egress = counter(registry, 'fishjam_traffic_egress_http_total_bytes', 'Total HTTP traffic sent (bytes)');
    this.#rooms = new RoomSeries({ rooms, events, registry, clock });
    const { workers, webhooks, turn } = options;
    createServerSeries({ registry: this.#own, workers, webhooks, turn });
    createWebrtcSeries(this.#own, () => this.#traffic.transports);
    createRtspSeries(this.#own, rooms);
  }

  /** Rejects when the address is in use or not of this host. */
  static async start(options: PrometheusOptions): Promise<Prometheus> {
    const prometheus = new Prometheus(options);
    const { ip, port, logger } = options;
    try {
      prometheus.#endpoint = await MetricsEndpoint.start({ ip, port, logger, scrape: () => prometheus.scrape() });
      return prometheus;
    } catch (error) {
      await prometheus.close();
      throw error;
    }
  }

  get port(): number {
    return this.#endpoint?.port ?? this.#options.port;
  }

  /** Counts the traffic of a room. To be called with the media plane of every new room. */
  watch(room: RoomRouter): void {
    this.#traffic.watch(room);
  }

  /** Adds the series of programs. To be called once. */
  watchPrograms(feeds: Pick<ProgramFeeds, 'frameRates' | 'counts'>): void {
    createProgramSeries(this.#own, feeds);
  }

  /** Adds the series of the processes that serve viewers of HLS. To be called once. */
  watchEdges(edges: Pick<Edges, 'serving' | 'restarts' | 'viewers'>): void {
    createEdgeSeries(this.#own, edges);
  }

  /** Adds the series of SIP. To be called once. */
  watchSip(sip: SipMeasures): void {
    createSipSeries(this.#own, this.#options.rooms, sip);
  }

  /** Adds the series of the database. To be called once. */
  watchRecords(records: RecordMeasures): void {
    createRecordSeries(this.#own, records, this.#options.clock ?? systemClock);
  }

  /** To be called for every request and response on the main port; bytes are counted by the formulas of docs/contracts/fishjam-sockets.md 8. */
  readonly httpTraffic = {
    received: (bytes: number): void => this.#ingress.inc(bytes),
    sent: (bytes: number): void => this.#egress.inc(bytes),
  };

  /** Returns the text of a scrape. */
  async scrape(): Promise<string> {
    const inherited = await this.#inherited.metrics();
    const jellyfish = inherited.replace(/^(# (?:HELP|TYPE) )?fishjam_/gm, '$1jellyfish_');
    return [inherited, jellyfish, await this.#own.metrics(), await processSeries().metrics()].join('\n');
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#rooms.close();
    await Promise.all([this.#traffic.close(), this.#endpoint?.close()]);
  }
}

/** A counter without labels that is exported from its first value on, not as 0 from the start. */
function counter(registry: Registry, name: string, help: string): Counter {
  const created = new Counter({ name, help, registers: [registry] });
  created.remove();
  return created;
}
