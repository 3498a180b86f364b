import type { WebRtcServer, Worker } from 'mediasoup/types';
import { type Clock, systemClock } from '../clock/clock.ts';
import { StartError } from '../error/start-error.ts';
import type { Logger } from '../log/logger.ts';
import { WorkerWatch } from '../process/worker-watch.ts';
import type { VideoCodec } from '../room/room-config.ts';
import { installEgressRemap, verifyEgressRemap } from './egress-remap.ts';
import { candidateAddresses, type MediaAddress } from './media-address.ts';
import { mediaCodecs } from './media-codecs.ts';
import { type ListenOptions, RoomRouter } from './room-router.ts';
import { startWorker } from './start-worker.ts';

export interface MediaWorkerOptions {
  readonly address: MediaAddress;
  /** Port range of media. */
  readonly portRange: { readonly min: number; readonly max: number };
  /** One UDP and TCP port for all transports of the worker, instead of one of the range for each. */
  readonly serverPort: number | undefined;
  /** Path of mediasoup's worker executable. */
  readonly binary: string;
  readonly clock?: Clock;
  /** Told of a worker that is killed because it does not respond. */
  readonly logger?: Logger;
}

/** Time between two questions whether a worker responds, in ms; with the fifth that it does not answer, it is killed. */
const watchInterval = 2000;
/** Time for which the end of a process is waited for, and at the end of the server for an answer, in ms. */
const endTimeout = 2000;

/** One mediasoup worker process. */
export class MediaWorker {
  /** Number of rooms on this worker, its load. */
  rooms = 0;
  /** Whether it answered the last question in time. Otherwise it gets no new rooms. */
  responds = true;
  readonly #worker: Worker;
  readonly #listen: ListenOptions;
  readonly #candidateAddresses: readonly string[];
  readonly #clock: Clock;
  readonly #watch: WorkerWatch;
  #endExpected = false;

  private constructor(worker: Worker, listen: ListenOptions, { address, clock, logger }: MediaWorkerOptions) {
    this.#worker = worker;
    this.#listen = listen;
    this.#candidateAddresses = candidateAddresses(address);
    this.#clock = clock ?? systemClock;
    this.#watch = new WorkerWatch({
      ...{ pid: worker.pid, maxMemory: 0, clock: this.#clock, interval: watchInterval },
      ping: () => void this.#ask(),
      onSilent: () => this.missed(),
      onFault: (fault) => {
        logger?.error({ ...fault, workerPid: worker.pid }, 'A media worker does not respond and is killed.');
        this.#kill();
      },
    });
    this.#watch.hear();
    worker.observer.once('close', () => this.#watch.close());
  }

  /** Starts a worker process. Rejects when it does not start or its port is in use. */
  static async start(options: MediaWorkerOptions): Promise<MediaWorker> {
    installEgressRemap();
    const worker = await withoutSignalListeners(() => startWorker({ workerBin: options.binary, logLevel: 'warn' }));
    try {
      await verifyEgressRemap(worker);
      const listen = await listenOptions(worker, options);
      return new MediaWorker(worker, listen, options);
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  get pid(): number {
    return this.#worker.pid;
  }

  /** @param listener called once when the process dies by itself; all its rooms are lost */
  onDied(listener: (error: Error) => void): void {
    this.#worker.once('died', (error: Error) => this.#reportDeath(() => listener(error)));
  }

  /** Opens a room. @param onDied called when the worker dies while the room is open */
  async openRoom(videoCodec: VideoCodec | null, onDied: () => void): Promise<RoomRouter> {
    this.rooms += 1;
    try {
      const router = await this.#worker.createRouter({ mediaCodecs: mediaCodecs(videoCodec) });
      router.observer.once('close', () => {
        this.rooms -= 1;
      });
      router.once('workerclose', () => {
        if (this.#worker.died) this.#reportDeath(onDied);
      });
      return new RoomRouter(router, this.#listen, this.#candidateAddresses);
    } catch (error) {
      this.rooms -= 1;
      throw error;
    }
  }

  /** To be called when it has not answered in time. It is not used until it answers again. */
  missed(): void {
    this.responds = false;
  }

  /** To be called when the server stops: from now on the end of the process is not a crash. What waits for a silent one is not to wait. */
  expectEnd(): void {
    if (this.#endExpected) return;
    this.#endExpected = true;
    const cancel = this.#clock.schedule(endTimeout, () => this.#kill());
    this.#worker.observer.once('close', cancel);
    void this.#ask().finally(cancel);
  }

  /** Waits until the process has ended. Idempotent. */
  async close(): Promise<void> {
    if (this.#worker.subprocessClosed) return;
    const ended = new Promise<void>((resolve) => this.#worker.once('subprocessclose', () => resolve()));
    this.#worker.close();
    const cancel = this.#clock.schedule(endTimeout, () => this.#kill());
    await ended;
    cancel();
  }

  async #ask(): Promise<void> {
    try {
      await this.#worker.getResourceUsage();
      this.responds = true;
      this.#watch.hear();
    } catch {
      // it has died, of which others tell
    }
  }

  /** A stopped process does not take any other signal. */
  #kill(): void {
    if (this.#worker.subprocessClosed) return;
    try {
      process.kill(this.pid, 'SIGKILL');
    } catch {
      // It has ended just now.
    }
  }

  /** A signal to all processes of the server, such as Ctrl-C, may end this one shortly before the server handles it. */
  #reportDeath(report: () => void): void {
    setImmediate(() => {
      if (!this.#endExpected) report();
    });
  }
}

/**
 * Removes mediasoup's signal listeners, which close its worker. The server closes it after it has closed the rooms, and a signal that
 * comes before the server listens must have its default effect.
 */
function withoutSignalListeners<T>(create: () => T): T {
  const before = signals.map((signal) => process.listeners(signal));
  const created = create();
  for (const [index, signal] of signals.entries()) {
    const added = process.listeners(signal).filter((listener) => !before[index]?.includes(listener));
    for (const listener of added) process.off(signal, listener);
  }
  return created;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

async function listenOptions(worker: Worker, options: MediaWorkerOptions): Promise<ListenOptions> {
  const { address, portRange, serverPort } = options;
  const at = { ip: address.listenIp, announcedAddress: address.announcedIp };
  if (serverPort === undefined) return { listenInfos: [{ protocol: 'udp', ...at, portRange: { ...portRange } }] };
  const webRtcServer = await openWebRtcServer(worker, at, serverPort);
  return { webRtcServer };
}

type ListenAddress = { readonly ip: string; readonly announcedAddress: string };

async function openWebRtcServer(worker: Worker, at: ListenAddress, port: number): Promise<WebRtcServer> {
  try {
    return await worker.createWebRtcServer({
      listenInfos: [
        { protocol: 'udp', ...at, port },
        { protocol: 'tcp', ...at, port },
      ],
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    const where = `UDP and TCP ${at.ip} port ${port}`;
    throw new StartError(`Media cannot listen on ${where}: ${reason}. Change FJ_WEBRTC_TURN_PORT_RANGE.`, {
      cause: error,
    });
  }
}
