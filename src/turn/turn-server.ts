import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { TlsFiles } from '../config/http.ts';
import type { PortRange } from '../config/text-form.ts';
import type { Logger } from '../log/logger.ts';
import { readCertificate } from '../net/certificate.ts';
import { ProcessError } from '../process/process-error.ts';
import { standardBackoff } from '../process/restart-policy.ts';
import { SupervisedProcess } from '../process/supervised-process.ts';
import { WorkerWatch } from '../process/worker-watch.ts';
import { consolePort } from './console-port.ts';
import { coturnConfig } from './coturn-config.ts';
import { requireFreePort } from './free-port.ts';
import { listenAddresses } from './listen-addresses.ts';
import { RelayAllocations } from './relay-allocations.ts';
import { RelayUsers } from './relay-users.ts';
import { type StunAddress, stunResponds } from './stun-probe.ts';
import { TurnConsole } from './turn-console.ts';
import {
  credentialsUntil,
  expiryAt,
  type RelayState,
  type TurnCredentials,
  type TurnEntry,
  uriHost,
} from './turn-credentials.ts';
import { TurnError } from './turn-error.ts';
import { makeTurnFolder, removeTurnFolder } from './turn-folder.ts';

export interface TurnServerOptions {
  /** Address to listen on; `0.0.0.0` and `::` mean all addresses of this host. */
  readonly listenIp: string;
  /** Address that clients are told. */
  readonly announcedIp: string;
  /** The local address when the announced one belongs to a NAT. */
  readonly privateIp?: string | undefined;
  readonly udpPort: number;
  readonly relayPorts: PortRange;
  /** Undefined: no TCP. */
  readonly tcpPort?: number | undefined;
  /** `serverName`: the address that clients are told; they compare it with the certificate. */
  readonly tls?: (TlsFiles & { readonly port: number; readonly serverName: string }) | undefined;
  /** Maximum number of allocations of one peer. */
  readonly allocationsPerPeer: number;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** coturn's executable. Default `turnserver`. */
  readonly program?: string;
  /** Where its private folder is made. Default: the system's folder for temporary files. */
  readonly temporaryFolder?: string;
}

/**
 * A packet of the media workers goes to all receivers at once: the more threads share them, the more wake, and the more a packet costs. Half the
 * cores relay what the other half forwards. coturn's own default is a thread per core.
 */
const relayThreads = Math.ceil(availableParallelism() / 2);
/** Maximum time until coturn responds, in ms. */
const startTimeoutMs = 30_000;
const probeTimeoutMs = 250;
/** Time for coturn to respond while it runs, in ms; after 15 s without a response it is replaced. */
const watchTimeoutMs = 2000;
/** Minimum time between two log lines that say that no relay port is free, in ms. */
const exhaustedInterval = 10_000;
/** What coturn writes for each allocation that it refuses for that reason. */
const exhausted = /no available ports/;

/**
 * The embedded TURN server: coturn as a supervised process. When it dies it is restarted on the same ports and with the same secret, so
 * that credentials stay valid.
 */
export class TurnServer implements TurnCredentials {
  readonly #options: TurnServerOptions;
  readonly #clock: Clock;
  readonly #secret: string;
  readonly #folder: string;
  readonly #process: SupervisedProcess;
  readonly #listenIps: readonly string[];
  readonly #consolePassword = randomBytes(16).toString('hex');
  readonly #console: TurnConsole;
  readonly #users = new RelayUsers();
  readonly #allocations: RelayAllocations;
  #watch: WorkerWatch | undefined;
  #probing: Promise<void> | undefined;
  #refusals = 0;
  #exhaustedAt = Number.NEGATIVE_INFINITY;
  #closing: Promise<void> | undefined;

  /** Starts coturn. Resolves when it responds. @throws {TurnError} when it is not installed, a port is in use, or it does not start */
  static async start(options: TurnServerOptions): Promise<TurnServer> {
    const listenIps = listenAddresses(options.listenIp, networkInterfaces());
    await requireFreePorts(options, listenIps);
    // With invalid files coturn only logs an error and runs without TLS.
    if (options.tls) await readCertificate(options.tls);
    const folder = await makeTurnFolder(options.temporaryFolder ?? tmpdir());
    const server = new TurnServer(options, listenIps, folder);
    try {
      await server.#start();
      return server;
    } catch (error) {
      await server.close();
      throw explain(error);
    }
  }

  private constructor(options: TurnServerOptions, listenIps: readonly string[], folder: string) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#listenIps = listenIps;
    this.#folder = folder;
    this.#secret = randomBytes(32).toString('hex');
    this.#process = new SupervisedProcess({
      name: 'turn',
      program: options.program ?? 'turnserver',
      args: ['-c', join(folder, 'turnserver.conf')],
      cwd: folder,
      logger: options.logger,
      clock: this.#clock,
      restart: standardBackoff,
      onLine: (line) => {
        if (exhausted.test(line)) this.#refused();
      },
    });
    this.#process.on('started', ({ pid }) => this.#watchRun(pid));
    this.#process.on('exited', () => this.#watch?.close());
    const { logger, allocationsPerPeer: maxPerPeer } = options;
    const shared = { clock: this.#clock, logger };
    const port = () => this.#consolePort();
    this.#console = new TurnConsole({ port, password: this.#consolePassword, clock: this.#clock });
    this.#allocations = new RelayAllocations({ console: this.#console, users: this.#users, maxPerPeer, ...shared });
  }

  /** Process id of coturn; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  get relay(): RelayState {
    const { min, max } = this.#options.relayPorts;
    return { allocations: this.#allocations.count, ports: max - min + 1, refusals: this.#refusals };
  }

  entriesFor(peerId: string): TurnEntry[] {
    return this.#entriesUntil(peerId, this.#users.expiryFor(peerId, expiryAt(this.#clock.now())));
  }

  /** The entries of a peer as they were at this time. @param nowMs milliseconds since the Unix epoch */
  credentialsFor(peerId: string, nowMs: number): TurnEntry[] {
    return this.#entriesUntil(peerId, expiryAt(nowMs));
  }

  left(peerId: string): void {
    this.#users.leave(peerId);
    void this.#allocations.left(peerId);
  }

  restarted(peerId: string, port: number): void {
    void this.#allocations.restarted(peerId, port);
  }

  /** The entries: UDP first, then TCP and TLS for clients behind firewalls. */
  #entriesUntil(peerId: string, expiry: number): TurnEntry[] {
    const { announcedIp, udpPort, tcpPort, tls } = this.#options;
    const credentials = credentialsUntil(this.#secret, peerId, expiry);
    const serverAddr = uriHost(announcedIp);
    const entries: TurnEntry[] = [{ serverAddr, serverPort: udpPort, transport: 'udp', ...credentials }];
    if (tcpPort !== undefined) entries.push({ serverAddr, serverPort: tcpPort, transport: 'tcp', ...credentials });
    if (tls) entries.push({ serverAddr: tls.serverName, serverPort: tls.port, transport: 'tls', ...credentials });
    return entries;
  }

  /** Resolves when coturn responds on UDP and, if configured, on TCP. @throws {TurnError} when it does not within 30 s */
  async whenResponding(): Promise<void> {
    const deadline = this.#clock.monotonic() + startTimeoutMs;
    for (const address of this.#probeAddresses()) {
      while (!(await stunResponds(address, probeTimeoutMs, this.#clock))) {
        if (this.#closing) throw new TurnError('TURN was closed');
        if (this.#clock.monotonic() >= deadline) throw this.#noResponse(address);
        await new Promise<void>((resolve) => this.#clock.schedule(50, resolve));
      }
    }
  }

  /** Ends coturn and removes its files. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #start(): Promise<void> {
    const { announcedIp, privateIp, udpPort, tcpPort, tls, relayPorts } = this.#options;
    const text = coturnConfig({
      listenIps: this.#listenIps,
      relayIp: privateIp ?? announcedIp,
      announcedIp,
      udpPort,
      tcpPort,
      tls: tls && { port: tls.port, keyPath: resolve(tls.keyPath), certPath: resolve(tls.certPath) },
      relayPorts,
      relayThreads,
      allocationsPerPeer: this.#options.allocationsPerPeer,
      secret: this.#secret,
      consolePassword: this.#consolePassword,
      folder: this.#folder,
    });
    await writeFile(join(this.#folder, 'turnserver.conf'), text, { mode: 0o600 });
    const ended = new Promise<never>((_, reject) => {
      this.#process.once('exited', () => reject(new TurnError(`TURN exited during startup: ${this.#lastLines()}`)));
    });
    // it ends with close() at the latest, when nothing awaits this promise any more
    ended.catch(() => undefined);
    await this.#process.start();
    await Promise.race([this.whenResponding(), ended]);
    this.#process.on('started', ({ restarts }) => void this.#reportRestart(restarts));
  }

  #watchRun(pid: number): void {
    const { logger } = this.#options;
    const address = this.#udpAddress();
    const watch = new WorkerWatch({
      ...{ pid, maxMemory: 0, clock: this.#clock },
      ping: () => {
        this.#probing = stunResponds(address, watchTimeoutMs, this.#clock).then((responds) => {
          if (responds) watch.hear();
        });
      },
      onFault: (fault) => {
        logger.error(fault, 'The TURN server does not respond and is replaced.');
        this.#process.kill();
      },
    });
    this.#watch = watch;
  }

  async #reportRestart(restarts: number): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.whenResponding();
      logger.info({ restarts }, 'TURN server was restarted and responds again');
    } catch (err) {
      if (!this.#closing) logger.error({ err, restarts }, 'TURN server was restarted but does not respond');
    }
  }

  /** Only one address is probed: coturn opens all of them before it serves any. */
  #probeAddresses(): StunAddress[] {
    const { tcpPort } = this.#options;
    const udp = this.#udpAddress();
    return tcpPort === undefined ? [udp] : [udp, { transport: 'tcp', ip: udp.ip, port: tcpPort }];
  }

  #udpAddress(): StunAddress {
    return { transport: 'udp', ip: this.#listenIps[0] ?? '127.0.0.1', port: this.#options.udpPort };
  }

  #noResponse({ transport, ip, port }: StunAddress): TurnError {
    return new TurnError(
      `TURN does not respond on ${transport.toUpperCase()} ${ip} port ${port}: ${this.#lastLines()}`,
    );
  }

  #lastLines(): string {
    const lines = this.#process.lastLines;
    const errors = lines.filter((line) => /error|cannot|fail/i.test(line));
    return (errors.length > 0 ? errors : lines).slice(-3).join(' | ') || 'no output';
  }

  async #consolePort(): Promise<number> {
    const { pid } = this;
    if (pid === undefined) throw new TurnError('TURN does not run');
    const { udpPort, tcpPort, tls } = this.#options;
    return await consolePort(pid, [udpPort, tcpPort, tls?.port]);
  }

  #refused(): void {
    this.#refusals += 1;
    const now = this.#clock.monotonic();
    if (now - this.#exhaustedAt < exhaustedInterval) return;
    this.#exhaustedAt = now;
    const { ports, refusals } = this.relay;
    this.#options.logger.error(
      { ports, refusals },
      'No TURN relay port is free: clients that need the relay get no media.',
    );
  }

  async #close(): Promise<void> {
    this.#watch?.close();
    this.#console.close();
    await Promise.all([this.#allocations.close(), this.#probing]);
    await this.#process.close();
    await removeTurnFolder(this.#folder);
  }
}

async function requireFreePorts(options: TurnServerOptions, listenIps: readonly string[]): Promise<void> {
  const { udpPort, tcpPort, tls } = options;
  for (const ip of listenIps) {
    await requireFreePort('udp', ip, udpPort, 'FJ_WEBRTC_TURN_PORT_RANGE');
    if (tcpPort !== undefined) await requireFreePort('tcp', ip, tcpPort, 'FJ_WEBRTC_TURN_TCP_PORT');
    if (tls) await requireFreePort('tcp', ip, tls.port, 'SHOAL_TURN_TLS_PORT');
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof ProcessError)) return error;
  if (!error.notFound) return new TurnError(error.message);
  return new TurnError(
    'coturn is not installed: install it (Debian: apt-get install coturn), name another TURN server with SHOAL_TURN_URLS, or set SHOAL_TURN=off.',
  );
}
