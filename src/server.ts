import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createApp } from './api/app.ts';
import { BearerAuthentication } from './api/bearer-authentication.ts';
import { JibriListeners } from './api/jibri/jibri-listeners.ts';
import { jibriRoutes } from './api/jibri/jibri-routes.ts';
import { systemClock } from './clock/clock.ts';
import type { Config } from './config/config.ts';
import { originAllowed } from './config/origin-rule.ts';
import { listening } from './error/start-error.ts';
import type { Logger } from './log/logger.ts';
import { type Owned, openMediaParts } from './media-parts.ts';
import { MetricsReport } from './metrics/metrics-report.ts';
import { MetricsReporter } from './metrics/metrics-reporter.ts';
import { Prometheus } from './metrics/prometheus.ts';
import { AddressGuard } from './net/address-guard.ts';
import { readCertificate } from './net/certificate.ts';
import { OutboundClient } from './net/outbound-client.ts';
import { EventLog } from './notification/event-log.ts';
import { Notifications } from './notification/notifications.ts';
import { ServerSockets } from './notification/server-sockets.ts';
import { ServerToken } from './notification/server-token.ts';
import { WebhookSender } from './notification/webhook-sender.ts';
import { Webhooks } from './notification/webhooks.ts';
import type { ComponentType } from './room/endpoint.ts';
import type { RoomConfig } from './room/room-config.ts';
import { RoomEvents } from './room/room-events.ts';
import { RoomRegistry } from './room/room-registry.ts';
import { HealthProbe } from './sfu/health-probe.ts';
import { workerBinary } from './sfu/worker-binary.ts';
import { WorkerPool } from './sfu/worker-pool.ts';
import { PeerSockets } from './signalling/peer-sockets.ts';
import { PeerTokens } from './signalling/peer-token.ts';
import { openTurn } from './turn/open-turn.ts';
import { demo } from './web/demo/demo.ts';
import { playerPages } from './web/player/player-pages.ts';

/** Connections that may wait for their acceptance: a crowd of viewers arrives at once. */
const backlog = 4096;

/** Milliseconds that webhooks get to go out when the server stops. */
const webhookDrain = 1500;

/** The whole server: constructs its parts and wires them; those that make and store media are in media-parts.ts. */
export class Server {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #exit: (code: number) => void;
  readonly #owned: Owned[] = [];
  #pool: WorkerPool | undefined;
  #app: FastifyInstance | undefined;
  #prometheus: Prometheus | undefined;
  #componentTypes: readonly ComponentType[] = [];
  #closing: Promise<void> | undefined;

  private constructor(config: Config, logger: Logger, exit: (code: number) => void) {
    this.#config = config;
    this.#logger = logger;
    this.#exit = exit;
  }

  /**
   * Resolves when everything listens.
   * @param exit called when an orchestrator of recorders wants the process ended, with the exit code
   * @throws when a part cannot start; nothing is left behind then
   */
  static async start(config: Config, logger: Logger, exit: (code: number) => void = () => undefined): Promise<Server> {
    const server = new Server(config, logger, exit);
    try {
      await server.#open();
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** Port of the REST API and the sockets. */
  get port(): number {
    const address = this.#app?.server.address() as AddressInfo | null | undefined;
    return address?.port ?? 0;
  }

  get metricsPort(): number {
    return this.#prometheus?.port ?? 0;
  }

  /** Kinds of component that rooms can have. */
  get componentTypes(): readonly ComponentType[] {
    return this.#componentTypes;
  }

  /** Closes everything in the reverse order of its opening, within 5 s. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #open(): Promise<void> {
    const config = this.#config;
    const logger = this.#logger;
    const events = new RoomEvents();
    const pool = this.#own(await WorkerPool.start(workerPoolOptions(config, logger)));
    this.#pool = pool;
    const turn = this.#own(await openTurn(config.turn, config.webrtc, logger));
    const { webhooks, serverSockets } = this.#openNotifications(events);

    const openMedia = async (room: RoomConfig, onCrash: () => void) => {
      const media = await pool.openRoom(room, onCrash);
      this.#prometheus?.watch(media);
      return media;
    };
    const rooms = new RoomRegistry({ events, openMedia });
    const prometheusOptions = { ...config.metrics, rooms, events, logger, workers: pool, webhooks };
    const metricsAt = `${config.metrics.ip} port ${config.metrics.port}`;
    const prometheus = Prometheus.start(prometheusOptions);
    this.#prometheus = this.#own(await listening(prometheus, metricsAt, 'FJ_METRICS_IP or FJ_METRICS_PORT'));
    const tokens = new PeerTokens(config.secretKeyBase);
    const peerSockets = new PeerSockets({ rooms, tokens, turn, clock: systemClock, logger });
    this.#own(
      new MetricsReporter({
        report: new MetricsReport(rooms),
        hasSubscribers: () => serverSockets.hasMetricsSubscribers,
        broadcast: (json) => serverSockets.broadcastMetrics(json),
        logger,
      }),
    );

    const probe = new HealthProbe(pool);
    const issuePeerToken = (roomId: string, peerId: string) => tokens.issue(roomId, peerId);
    const webrtcUsed = config.webrtc.used;
    const own = <T extends Owned>(part: T) => this.#own(part);
    const media = await openMediaParts({ config, logger, rooms, events, own, exit: this.#exit });
    const { feeds, components, outputs, recorders, jibri } = media;
    this.#prometheus.watchPrograms(feeds);
    this.#componentTypes = components.types;
    const authentication = config.jibri.tokenRequired && new BearerAuthentication(config.serverApiToken.reveal());
    const recorderRoutes = jibriRoutes({
      jibri,
      rooms,
      authentication: authentication || undefined,
    });
    const demoOptions = { rooms, events, clock: systemClock, issuePeerToken, webrtcUsed, components };
    this.#app = await createApp({
      rooms,
      outputs,
      components,
      issuePeerToken,
      checkHealth: () => probe.check(),
      distribution: () => distribution(config),
      host: config.host,
      webrtcUsed,
      resourcesBasePath: config.resourcesBasePath,
      gitCommit: config.gitCommit,
      startedAt: systemClock.now(),
      clock: systemClock,
      serverApiToken: config.serverApiToken,
      logger,
      serverSockets: (socket) => serverSockets.accept(socket),
      peerSockets: (socket) => peerSockets.accept(socket),
      originAllowed: ({ headers }) =>
        originAllowed(
          config.http.checkOrigin,
          headers.origin,
          headers.host,
          config.http.tls !== undefined,
          config.host,
        ),
      ...(config.http.tls && { tls: await readCertificate(config.http.tls) }),
      traffic: this.#prometheus.httpTraffic,
      plugins: [recorderRoutes, ...(config.demo ? [demo(demoOptions), playerPages] : [])],
    });
    const app = this.#own(this.#app);
    const { ip, port } = config.http;
    await listening(app.listen({ host: ip, port, backlog }), `${ip} port ${port}`, 'FJ_IP or FJ_PORT');
    this.#own(peerSockets);
    this.#own(rooms);
    this.#own(await JibriListeners.start(jibri, config.jibri, logger));
    // Once more: sessions are the first to end.
    this.#own(recorders);
  }

  #openNotifications(events: RoomEvents) {
    const { webhook, outbound, serverApiToken } = this.#config;
    const logger = this.#logger;
    const client = this.#own(
      new OutboundClient({
        guard: new AddressGuard(outbound),
        connectTimeout: webhook.connectTimeoutMs,
        responseTimeout: webhook.answerTimeoutMs,
      }),
    );
    const sender = new WebhookSender({ client, ...(webhook.secret && { secret: webhook.secret }) });
    const webhooks = new Webhooks({ sender, logger, retryTime: webhook.retryMs, queueLength: webhook.queueLength });
    const serverSockets = this.#own(new ServerSockets({ token: new ServerToken(serverApiToken), logger }));
    this.#owned.push({ close: () => webhooks.close(webhookDrain) });
    this.#own(new Notifications({ events, sockets: serverSockets, webhooks, logger }));
    this.#own(new EventLog(events, logger));
    return { webhooks, serverSockets };
  }

  async #close(): Promise<void> {
    this.#pool?.expectEnd();
    for (const owned of this.#owned.reverse()) {
      try {
        await owned.close();
      } catch (error) {
        this.#logger.error({ err: error }, 'A part of the server did not close cleanly.');
      }
    }
  }

  #own<T extends Owned>(owned: T): T {
    this.#owned.push(owned);
    return owned;
  }
}

function workerPoolOptions({ webrtc, workers }: Config, logger: Logger) {
  return {
    count: workers.count,
    address: webrtc,
    portRange: webrtc.ports.media,
    webRtcServer: workers.webRtcServer,
    binary: workerBinary(),
    logger,
  };
}

/** A release build of the reference calls a server without a cluster a cluster of one. */
function distribution({ distribution: { enabled }, production }: Config) {
  return enabled || production
    ? { enabled, nodeStatus: 'UP' as const, nodesInCluster: 1 }
    : { enabled, nodeStatus: 'DOWN' as const, nodesInCluster: 0 };
}
