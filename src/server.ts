import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createApp } from './api/app.ts';
import { BearerAuthentication } from './api/bearer-authentication.ts';
import { JibriListeners } from './api/jibri/jibri-listeners.ts';
import { jibriRoutes } from './api/jibri/jibri-routes.ts';
import { systemClock } from './clock/clock.ts';
import type { ComponentKind, ComponentKinds } from './component/component-kind.ts';
import { fileKind } from './component/file/file-kind.ts';
import { hlsKind } from './component/hls/hls-kind.ts';
import { StreamStorage } from './component/hls/stream-storage.ts';
import { recordingKind } from './component/recording/recording-kind.ts';
import { rtspKind } from './component/rtsp/rtsp-kind.ts';
import type { ComponentType, Config } from './config/config.ts';
import { originAllowed } from './config/origin-rule.ts';
import { demo } from './demo/demo.ts';
import { listening } from './error/start-error.ts';
import { Jibri, type JibriOptions } from './jibri/jibri.ts';
import type { Outputs } from './jibri/session-factory.ts';
import { isAllowedTarget } from './jibri/stream-target.ts';
import { readTokenKey } from './jibri/webhook-token.ts';
import type { Logger } from './log/logger.ts';
import { MetricsReport } from './metrics/metrics-report.ts';
import { MetricsReporter } from './metrics/metrics-reporter.ts';
import { Prometheus } from './metrics/prometheus.ts';
import { AddressGuard } from './net/address-guard.ts';
import { readCertificate } from './net/certificate.ts';
import { OutboundClient } from './net/outbound-client.ts';
import { Notifications } from './notification/notifications.ts';
import { ServerSockets } from './notification/server-sockets.ts';
import { ServerToken } from './notification/server-token.ts';
import { WebhookSender } from './notification/webhook-sender.ts';
import { Webhooks } from './notification/webhooks.ts';
import { playerPages } from './player/player-pages.ts';
import { FileOutput } from './recorder/file-output.ts';
import { ProgramFeeds } from './recorder/program-feeds.ts';
import { RoomOutputs } from './recorder/room-outputs.ts';
import { RtmpOutput } from './recorder/rtmp/rtmp-output.ts';
import { redactedRtmpUrl } from './recorder/rtmp/rtmp-target.ts';
import { completeAbandonedFiles } from './recorder/unfinished-files.ts';
import type { RoomConfig } from './room/room-config.ts';
import { RoomEvents } from './room/room-events.ts';
import { RoomRegistry } from './room/room-registry.ts';
import { HealthProbe } from './sfu/health-probe.ts';
import type { RoomRouter } from './sfu/room-router.ts';
import { workerBinary } from './sfu/worker-binary.ts';
import { WorkerPool } from './sfu/worker-pool.ts';
import { PeerSockets } from './signalling/peer-sockets.ts';
import { PeerTokens } from './signalling/peer-token.ts';
import { completeMp4 } from './storage/complete-mp4.ts';
import { MediaStore, type MediaStoreOptions } from './storage/media-store.ts';
import { type OpenBucket, S3Bucket } from './storage/s3-bucket.ts';
import { Sealer } from './storage/sealed-text.ts';
import { openTurn } from './turn/open-turn.ts';

/** Connections that may wait for their acceptance: a crowd of viewers arrives at once. */
const backlog = 4096;

/** Milliseconds that webhooks get to go out when the server stops. */
const webhookDrain = 1500;

/** Milliseconds after the start at which recordings that a crash has left are completed. */
const sweepDelay = 65_000;

/** Anything that the server owns, in the order in which it was opened. */
interface Owned {
  readonly close: () => Promise<void> | void;
}

/** The whole server. This is the only place where its parts are constructed and wired. */
export class Server {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #exit: (code: number) => void;
  readonly #owned: Owned[] = [];
  #pool: WorkerPool | undefined;
  #app: FastifyInstance | undefined;
  #prometheus: Prometheus | undefined;
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

    const feeds = this.#own(new ProgramFeeds({ settings: config.program, logger }));
    const probe = new HealthProbe(pool);
    const issuePeerToken = (roomId: string, peerId: string) => tokens.issue(roomId, peerId);
    const webrtcUsed = config.webrtc.used;
    const store = this.#own(await this.#openStore(rooms));
    const recording = this.#openRecording(feeds, store);
    const kinds = componentKinds(config, logger, await this.#openHls(feeds, events), recording);
    const outputs = this.#own(this.#openOutputs(feeds, events));
    const jibri = await this.#openJibri({ feeds, rooms, events, store });
    const authentication = config.jibri.tokenRequired && new BearerAuthentication(config.serverApiToken.reveal());
    const recorders = jibriRoutes({
      api: jibri.api,
      slots: jibri.slots,
      rooms,
      authentication: authentication || undefined,
    });
    const demoOptions = { rooms, events, clock: systemClock, issuePeerToken, webrtcUsed, hls: kinds.get('hls') };
    this.#app = await createApp({
      rooms: rooms as unknown as RoomRegistry,
      outputs,
      componentKinds: kinds,
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
      plugins: [recorders, ...(config.demo ? [demo(demoOptions), playerPages] : [])],
    });
    const app = this.#own(this.#app);
    const { ip, port } = config.http;
    await listening(app.listen({ host: ip, port, backlog }), `${ip} port ${port}`, 'FJ_IP or FJ_PORT');
    this.#own(peerSockets);
    this.#own(rooms);
    this.#own(await JibriListeners.start(jibri, config.jibri, logger));
    // Once more: sessions are the first to end.
    this.#own(jibri);
  }

  #openOutputs(feeds: ProgramFeeds, events: RoomEvents): RoomOutputs {
    const { resourcesBasePath, jibri } = this.#config;
    const { openFile, openStream } = outputs(this.#config);
    const logger = this.#logger;
    return new RoomOutputs({
      ...{ feeds, events, logger },
      openFile: (path) => openFile(join(resourcesBasePath, path), logger),
      openStream: (url, credentials) => openStream({ url, ...(credentials && { credentials }) }, logger),
      isAllowed: (url) => isAllowedTarget({ url }, jibri.allowList),
    });
  }

  async #openJibri(parts: Pick<JibriOptions, 'feeds' | 'rooms' | 'events'> & { store: MediaStore }): Promise<Jibri> {
    const { jibri: config, outbound } = this.#config;
    const { store, ...others } = parts;
    const client = this.#own(new OutboundClient({ guard: new AddressGuard(outbound), connectTimeout: 2000 }));
    const { token } = config;
    const readKey = token && (() => readTokenKey(token.keyPath));
    const tokenKey = await readKey?.();
    const jibri = new Jibri({
      ...{ ...others, config, client, outputs: outputs(this.#config) },
      storage: { store, upload: upload(this.#config) },
      ...(readKey && tokenKey !== undefined && { tokenKey, readTokenKey: readKey }),
      exit: this.#exit,
      clock: systemClock,
      logger: this.#logger,
    });
    this.#sweep([config.recordings, join(this.#config.resourcesBasePath, 'outputs')]);
    return this.#own(jibri);
  }

  async #openStore(rooms: RoomRegistry<RoomRouter>): Promise<MediaStore> {
    const isLive = (roomId: string) => rooms.find(roomId) !== undefined;
    return await MediaStore.open(mediaStoreOptions(this.#config, isLive, this.#logger));
  }

  #openRecording(feeds: ProgramFeeds, store: MediaStore): ComponentKind<RoomRouter> {
    const config = this.#config;
    const logger = this.#logger;
    const environment = {
      hasAccount: config.s3 !== undefined,
      pathPrefix: config.s3PathPrefix,
      local: config.storage.localRecordings,
    };
    const { anyCodec } = config;
    return recordingKind({ feeds, store, environment, anyCodec, clock: systemClock, logger });
  }

  /** Completes what a crash has left, as soon as it is certain that nobody writes to it. */
  #sweep(folders: readonly string[]): void {
    const cancel = systemClock.schedule(sweepDelay, async () => {
      for (const folder of folders) {
        await completeAbandonedFiles(folder, systemClock.now(), this.#logger).catch((err: unknown) => {
          this.#logger.error({ err, folder }, 'Recordings that were cut off could not be completed.');
        });
      }
    });
    this.#own({ close: cancel });
  }

  #openNotifications(events: RoomEvents) {
    const { webhook, outbound, serverApiToken } = this.#config;
    const logger = this.#logger;
    const client = this.#own(
      new OutboundClient({
        guard: new AddressGuard(outbound),
        connectTimeout: webhook.connectTimeoutMs,
        answerTimeout: webhook.answerTimeoutMs,
      }),
    );
    const sender = new WebhookSender({ client, ...(webhook.secret && { secret: webhook.secret }) });
    const webhooks = new Webhooks({ sender, logger, retryTime: webhook.retryMs, queueLength: webhook.queueLength });
    const serverSockets = this.#own(new ServerSockets({ token: new ServerToken(serverApiToken), logger }));
    this.#owned.push({ close: () => webhooks.close(webhookDrain) });
    this.#own(new Notifications({ events, sockets: serverSockets, webhooks, logger }));
    return { webhooks, serverSockets };
  }

  async #openHls(feeds: ProgramFeeds, events: RoomEvents): Promise<ComponentKind<RoomRouter>> {
    const { program, hls, anyCodec, resourcesBasePath, storage } = this.#config;
    const logger = this.#logger;
    const stored = { resourcesBasePath, leastFree: storage.freeSpace, ...uploads(this.#config) };
    const streams = this.#own(await StreamStorage.start({ ...stored, events, clock: systemClock, logger }));
    const timing = { ...hls, keyframeInterval: program.keyframeInterval };
    return hlsKind({ feeds, storage: streams, events, timing, anyCodec, clock: systemClock, logger });
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

/** The kinds of component that are built, of those that the configuration allows. */
function componentKinds(
  config: Config,
  logger: Logger,
  hls: ComponentKind<RoomRouter>,
  recording: ComponentKind<RoomRouter>,
): ComponentKinds {
  const { componentsUsed, rtsp, resourcesBasePath } = config;
  const { verifyTls } = rtsp;
  const kinds = new Map<ComponentType, ComponentKind<RoomRouter>>([
    ['hls', hls],
    ['recording', recording],
    ['file', fileKind({ resourcesBasePath, clock: systemClock, logger })],
    ['rtsp', rtspKind({ guard: new AddressGuard(rtsp), verifyTls, clock: systemClock, logger })],
  ]);
  const allowed = [...kinds].filter(([type]) => componentsUsed?.has(type) ?? true);
  // every room of this server has a RoomRouter
  return new Map(allowed) as unknown as ComponentKinds;
}

/** What the program of a room can go out to. */
function outputs({ outbound, rtmp: { retryTime }, storage: { freeSpace } }: Config): Outputs {
  const guard = new AddressGuard(outbound);
  return {
    openFile: (path, logger) => new FileOutput({ path, leastFree: freeSpace, logger }),
    openStream: (target, logger) => new RtmpOutput({ ...target, guard, retryTime, logger }),
    redact: redactedRtmpUrl,
  };
}

/** What whoever uploads needs. */
function uploads({ storage, secretKeyBase }: Config): { openBucket: OpenBucket; sealer: Sealer } {
  const { s3Endpoint: endpoint, s3Networks } = storage;
  const guard = new AddressGuard(s3Networks);
  return {
    openBucket: (account) => new S3Bucket({ ...account, endpoint, guard }),
    sealer: new Sealer(secretKeyBase.reveal(), 'upload credentials'),
  };
}

function mediaStoreOptions(config: Config, isLive: (roomId: string) => boolean, logger: Logger): MediaStoreOptions {
  const { resourcesBasePath, s3, storage, jibri } = config;
  const account = s3 && {
    bucket: s3.bucket,
    region: s3.region,
    accessKeyId: s3.accessKeyId.reveal(),
    secretAccessKey: s3.secretAccessKey.reveal(),
  };
  return {
    folder: join(resourcesBasePath, 'raw_recordings'),
    others: [jibri.recordings],
    account,
    ...uploads(config),
    retention: storage.retention,
    leastFree: storage.freeSpace,
    isLive,
    finishers: [(folder) => completeMp4(folder, logger)],
    clock: systemClock,
    logger,
  };
}

/** Where files of sessions are uploaded; undefined: nowhere. */
function upload({ s3, s3PathPrefix }: Config): { readonly prefix: string } | undefined {
  return s3 && { prefix: s3PathPrefix ?? '' };
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
