import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { createApp } from './api/app.ts';
import { withoutCluster } from './api/fishjam/fishjam-context.ts';
import { JibriListeners } from './api/jibri/jibri-listeners.ts';
import { jibriRoutes } from './api/jibri/jibri-routes.ts';
import { orderRoutes } from './api/ondemand/order-routes.ts';
import { schedulingRoutes } from './api/scheduling/scheduling-routes.ts';
import { systemClock as clock } from './clock/clock.ts';
import { Components } from './component/components.ts';
import { fileKind } from './component/file/file-kind.ts';
import { hlsKind } from './component/hls/hls-kind.ts';
import { HlsMedia } from './component/hls/hls-media.ts';
import { RoomStreams } from './component/hls/room-streams.ts';
import { recordingKind } from './component/recording/recording-kind.ts';
import { RecordingMedia } from './component/recording/recording-media.ts';
import { TrackRecorders } from './component/recording/track-recorders.ts';
import { rtspKind } from './component/rtsp/rtsp-kind.ts';
import { openSip, type Sip } from './component/sip/open-sip.ts';
import type { Config } from './config/config.ts';
import { originCheck } from './config/origin-rule.ts';
import { Database } from './database/database.ts';
import { FolderLock } from './database/folder-lock.ts';
import { openEdges } from './edge/open-edges.ts';
import { listening } from './error/start-error.ts';
import { FinalizeScript } from './jibri/finalize-script.ts';
import { Jibri } from './jibri/jibri.ts';
import { recorderSettings } from './jibri/recorder-settings.ts';
import { RecordingFinish } from './jibri/recording-finish.ts';
import type { Logger } from './log/logger.ts';
import { MetricsReport } from './metrics/metrics-report.ts';
import { MetricsReporter } from './metrics/metrics-reporter.ts';
import { Prometheus, type PrometheusOptions } from './metrics/prometheus.ts';
import { AddressGuard } from './net/address-guard.ts';
import { readCertificate } from './net/certificate.ts';
import { foreignHostCheck } from './net/foreign-host.ts';
import { OutboundClient } from './net/outbound-client.ts';
import { ConferenceNotifications } from './notification/conference-notifications.ts';
import { EventLog } from './notification/event-log.ts';
import { Notifications } from './notification/notifications.ts';
import { ServerSockets } from './notification/server-sockets.ts';
import { WebhookSender } from './notification/webhook-sender.ts';
import { Webhooks } from './notification/webhooks.ts';
import { OnDemand } from './ondemand/on-demand.ts';
import { openOutputs, uploadOf } from './output/open-outputs.ts';
import { OutputMedia } from './output/output-media.ts';
import { ProgramFeeds } from './program/program-feeds.ts';
import { Recorders } from './recorder/recorders.ts';
import { type FinishSteps, SessionMedia } from './recorder/session-media.ts';
import type { ComponentType } from './room/endpoint.ts';
import type { RoomConfig } from './room/room-config.ts';
import { RoomEvents } from './room/room-events.ts';
import { RoomRegistry } from './room/room-registry.ts';
import type { ConferenceBackends } from './scheduling/announcements.ts';
import { openScheduling } from './scheduling/open-scheduling.ts';
import { HealthProbe } from './sfu/health-probe.ts';
import type { RoomRouter } from './sfu/room-router.ts';
import { workerBinary } from './sfu/worker-binary.ts';
import { WorkerPool } from './sfu/worker-pool.ts';
import { PeerSocket } from './signalling/peer-socket.ts';
import { PeerTokens } from './signalling/peer-token.ts';
import { roomOfFolder } from './storage/folder-name.ts';
import type { MediaKind } from './storage/media-kind.ts';
import type { MediaStore } from './storage/media-store.ts';
import { openStore } from './storage/open-store.ts';
import { openTurn } from './turn/open-turn.ts';
import { type DemoOptions, demo } from './web/demo/demo.ts';
import { joinPage, joinPageFiles } from './web/join/join-pages.ts';
import { playerPages } from './web/player/player-pages.ts';

/** Connections that may wait for their acceptance: a crowd of viewers arrives at once. */
const backlog = 4096;

/** Milliseconds in which a receiver of the recorders' webhooks is connected to, or is not. */
const recorderWebhookConnectTimeout = 2000;

/** Anything that the server owns, in the order in which it was opened. */
interface Owned {
  readonly close: () => Promise<void> | void;
}

/** The whole server: constructs its parts and wires them. */
export class Server {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #exit: (code: number) => void;
  readonly #owned: Owned[] = [];
  #pool: WorkerPool | undefined;
  #rooms: RoomRegistry<RoomRouter> | undefined;
  #app: FastifyInstance | undefined;
  #prometheus: Prometheus | undefined;
  #sip: Sip | undefined;
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

  /** Port of SIP, UDP and TCP; 0: it is not spoken. */
  get sipPort(): number {
    return this.#sip?.port ?? 0;
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
    const { webhooks, serverSockets, backends } = this.#openNotifications(events);
    const rooms = this.#openRooms(pool, events);
    const prometheus = await this.#openPrometheus({ rooms, events, workers: pool, webhooks, turn });
    this.#openMetricsReporter(rooms, serverSockets);
    const tokens = new PeerTokens(config.secretKeyBase);
    const peerOptions = { rooms, tokens, turn, maxMetadata: config.limits.maxMetadata, clock, logger };
    const media = await this.#openMedia(rooms, events, prometheus);
    const probe = new HealthProbe(pool);
    const issuePeerToken = (roomId: string, peerId: string) => tokens.issue(roomId, peerId);
    const shared = { rooms, components: media.components, issuePeerToken };
    const records = await this.#openRecords(media.recorders, { rooms, issuePeerToken }, backends);
    const { httpTraffic: traffic } = prometheus;
    const settings = await this.#appSettings();
    const edges = openEdges({ config, tls: settings.tls, traffic, clock, logger });
    prometheus.watchEdges(edges);
    const app = await createApp({
      ...settings,
      ...shared,
      ...{ outputs: media.outputs, calls: media.sip?.calls, database: records.database },
      checkHealth: () => probe.check(),
      serverSockets: (socket) => serverSockets.accept(socket),
      peerSockets: (socket) => void new PeerSocket(socket, peerOptions),
      traffic,
      takeConnection: edges.take,
      onStreamWatched: (roomId, content) => edges.watch(roomId, content),
      plugins: [this.#recorderRoutes(media.jibri, rooms), ...records.routes, ...this.#pages({ ...shared, events })],
    });
    this.#app = this.#own(app);
    edges.attach(app.server);
    this.#own(edges);
    const { ip, port } = config.http;
    await listening(app.listen({ host: ip, port, backlog }), `${ip} port ${port}`, 'FJ_IP or FJ_PORT');
    this.#own(rooms);
    const listeners = this.#own(await JibriListeners.start(media.jibri, config.jibri, logger));
    await records.onDemand?.start((slot, address) => listeners.open(slot, address));
    // Once more: sessions are the first to end, and Jibri's webhooks tell of their ends.
    this.#own(media.recorders);
    this.#own({ close: () => media.feeds.hurry() });
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
    const serverSockets = this.#own(new ServerSockets({ token: serverApiToken, logger }));
    this.#own(webhooks);
    this.#own(new Notifications({ events, sockets: serverSockets, webhooks, logger }));
    this.#own(new EventLog(events, logger));
    return { webhooks, serverSockets, backends: new ConferenceNotifications(serverSockets, sender) };
  }

  /** Owned by the caller: rooms end before most of what was opened after them. */
  #openRooms(pool: WorkerPool, events: RoomEvents): RoomRegistry<RoomRouter> {
    const openMedia = async (room: RoomConfig, onCrash: () => void) => {
      const media = await pool.openRoom(room, onCrash);
      this.#prometheus?.watch(media);
      return media;
    };
    this.#rooms = new RoomRegistry({ events, openMedia, limits: this.#config.limits });
    return this.#rooms;
  }

  async #openPrometheus(watched: Pick<PrometheusOptions, 'rooms' | 'events' | 'workers' | 'webhooks' | 'turn'>) {
    const { metrics } = this.#config;
    const starting = Prometheus.start({ ...metrics, ...watched, logger: this.#logger });
    const where = `${metrics.ip} port ${metrics.port}`;
    this.#prometheus = this.#own(await listening(starting, where, 'FJ_METRICS_IP or FJ_METRICS_PORT'));
    return this.#prometheus;
  }

  #openMetricsReporter(rooms: RoomRegistry<RoomRouter>, serverSockets: ServerSockets): void {
    this.#own(
      new MetricsReporter({
        report: new MetricsReport(rooms),
        hasSubscribers: () => serverSockets.hasSubscribers('metrics'),
        broadcast: (json) => serverSockets.broadcastMetrics(json),
        logger: this.#logger,
      }),
    );
  }

  /** What makes media of rooms, or brings media into them. */
  async #openMedia(rooms: RoomRegistry<RoomRouter>, events: RoomEvents, prometheus: Prometheus) {
    const config = this.#config;
    const logger = this.#logger;
    const feeds = this.#own(new ProgramFeeds({ settings: config.program, maxMemory: config.maxProcessMemory, logger }));
    prometheus.watchPrograms(feeds);
    const isLive = (folder: string) => roomOfFolder(rooms, folder) !== undefined;
    const { finalizeScript } = config.jibri;
    const steps = new RecordingFinish(finalizeScript ? new FinalizeScript(finalizeScript, logger) : undefined);
    const kinds = this.#mediaKinds(events, steps);
    const store = this.#own(await openStore({ config, kinds, isLive, clock, logger }));
    const shared = { feeds, events, logger };
    const sip = await this.#openSip(events);
    if (sip) prometheus.watchSip(sip);
    const components = this.#openComponents(feeds, events, store, sip);
    const { roomOutputs, sessionOutputs } = openOutputs({ ...shared, store, config });
    this.#own(roomOutputs);
    const storage = { recordings: config.jibri.recordings, store, upload: uploadOf(config) };
    const sessionParts = { rooms, components, steps, storage, outputs: sessionOutputs, gateway: sip?.gateway, clock };
    const recorders = this.#own(new Recorders({ ...shared, ...sessionParts, ...recorderSettings(config.jibri) }));
    const jibri = await this.#openJibri(recorders);
    return { feeds, components, outputs: roomOutputs, recorders, jibri, sip };
  }

  /** What is stored, by its producers. */
  #mediaKinds(events: RoomEvents, steps: FinishSteps): MediaKind[] {
    const { resourcesBasePath, program: settings, jibri } = this.#config;
    const shared = { clock, logger: this.#logger };
    return [
      new RecordingMedia({ root: join(resourcesBasePath, 'raw_recordings'), settings, ...shared }),
      new OutputMedia(join(resourcesBasePath, 'outputs'), this.#logger),
      new HlsMedia(resourcesBasePath, events, this.#logger),
      new SessionMedia({ recordings: jibri.recordings, steps, upload: uploadOf(this.#config), ...shared }),
    ];
  }

  async #openSip(events: RoomEvents): Promise<Sip | undefined> {
    const sip = await openSip({ config: this.#config, events, clock, logger: this.#logger });
    if (sip) this.#own(sip);
    this.#sip = sip;
    return sip;
  }

  #openComponents(feeds: ProgramFeeds, events: RoomEvents, store: MediaStore, sip: Sip | undefined): Components {
    const { anyCodec, resourcesBasePath, rtsp, hls, program, ...config } = this.#config;
    const { maxProcessMemory: maxMemory } = config;
    const logger = this.#logger;
    const streams = this.#own(new RoomStreams(store, logger));
    const trackRecorders = this.#own(new TrackRecorders({ maxMemory, logger, clock }));
    const environment = {
      hasAccount: config.s3 !== undefined,
      pathPrefix: config.s3PathPrefix,
      local: config.storage.localRecordings,
    };
    const kinds = [
      hlsKind({ feeds, streams, events, timing: { ...hls, ...program }, anyCodec, clock, logger }),
      recordingKind({ feeds, store, trackRecorders, environment, anyCodec, clock, logger }),
      fileKind({ resourcesBasePath, clock, logger }),
      rtspKind({ guard: new AddressGuard(rtsp), verifyTls: rtsp.verifyTls, clock, logger }),
      ...(sip ? [sip.kind] : []),
    ];
    const components = new Components(kinds, config.componentsUsed);
    this.#componentTypes = components.types;
    return components;
  }

  async #openJibri(recorders: Recorders): Promise<Jibri> {
    const { jibri: config, outbound } = this.#config;
    const guard = new AddressGuard(outbound);
    const client = this.#own(new OutboundClient({ guard, connectTimeout: recorderWebhookConnectTimeout }));
    return this.#own(await Jibri.open({ config, recorders, client, exit: this.#exit, clock, logger: this.#logger }));
  }

  /** What the HTTP side has of the configuration. */
  async #appSettings() {
    const { http, host, webrtc, resourcesBasePath, gitCommit, serverApiToken } = this.#config;
    const { distribution, production, jellyfish } = this.#config;
    return {
      jellyfish,
      ...{ host, webrtcUsed: webrtc.used, resourcesBasePath, gitCommit, serverApiToken },
      distribution: () => withoutCluster(distribution.enabled, production),
      startedAt: clock.monotonic(),
      clock,
      logger: this.#logger,
      originAllowed: originCheck(http, host),
      // A reverse proxy in front of a production server passes the names on that clients know.
      ...(!production && { isForeign: foreignHostCheck(http.ip, host) }),
      ...(http.tls && { tls: await readCertificate(http.tls) }),
    };
  }

  #recorderRoutes(jibri: Jibri, rooms: RoomRegistry<RoomRouter>): FastifyPluginAsync {
    const { jibri: config, serverApiToken } = this.#config;
    return jibriRoutes({ jibri, rooms, token: serverApiToken, tokenRequired: config.tokenRequired });
  }

  /** What is in the database: orders of recorders, and conferences. */
  async #openRecords(
    recorders: Recorders,
    meetings: { rooms: RoomRegistry<RoomRouter>; issuePeerToken: (roomId: string, peerId: string) => string },
    backends: ConferenceBackends,
  ) {
    const { database: settings, onDemand: ordering, scheduling: scheduled } = this.#config;
    if (!ordering && !scheduled) return { routes: [] };
    const logger = this.#logger;
    this.#own(new FolderLock(`${settings.file}-server`));
    const database = this.#own(await Database.open({ ...settings, logger }));
    const shared = { database, clock, logger };
    const { slots } = recorders;
    const onDemand = ordering && this.#own(await OnDemand.open({ ...shared, config: this.#config, slots }));
    this.#prometheus?.watchRecords({ database, onDemand });
    const scheduling = await openScheduling({ ...shared, ...meetings, recorders, config: this.#config, backends });
    if (scheduling) this.#own(scheduling);
    const routes = [
      ...(onDemand ? [orderRoutes(onDemand)] : []),
      ...(scheduling ? [schedulingRoutes(scheduling, joinPage), joinPageFiles(logger)] : []),
    ];
    return { database, onDemand, routes };
  }

  #pages(parts: Omit<DemoOptions, 'clock' | 'webrtcUsed'>): FastifyPluginAsync[] {
    const { demo: used, webrtc } = this.#config;
    return used ? [demo({ ...parts, clock, webrtcUsed: webrtc.used }), playerPages] : [];
  }

  async #close(): Promise<void> {
    this.#rooms?.expectEnd();
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
