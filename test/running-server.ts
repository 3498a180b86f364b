import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Config } from '../src/config/config.ts';
import { readConfig } from '../src/config/config.ts';
import { createLogger } from '../src/log/logger.ts';
import { Server } from '../src/server.ts';
import { whenNotBusy } from './busy-server.ts';
import type { LogLine } from './log/log-line.ts';
import { NotificationSocket } from './notification-socket.ts';
import { PortBlock } from './port-block.ts';

export const apiToken = 'development';
/** Signs the peer tokens, so that tests can make their own. */
export const secretKeyBase = 'k'.repeat(32);

export interface ServerReply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said; the assertions look into it
  readonly json: any;
}

/** The whole server on free ports of 127.0.0.1: media workers, coturn (UDP and TCP), API, sockets, metrics. */
export class RunningServer {
  readonly config: Config;
  readonly server: Server;
  /** Everything logged so far. */
  readonly log: readonly LogLine[];
  readonly #t: Pick<Test, 'teardown'>;
  readonly #lines: EventEmitter<{ line: [] }>;

  private constructor(
    t: Pick<Test, 'teardown'>,
    config: Config,
    server: Server,
    log: readonly LogLine[],
    lines: EventEmitter<{ line: [] }>,
  ) {
    this.#t = t;
    this.config = config;
    this.server = server;
    this.log = log;
    this.#lines = lines;
  }

  /**
   * @param variables environment variables on top of those for one media worker and TURN over UDP and TCP; undefined unsets one
   * @param beforeStart called when the ports are claimed, right before the server starts
   */
  static async start(
    t: Pick<Test, 'teardown'>,
    variables: Record<string, string | undefined> = {},
    beforeStart: () => void = () => undefined,
  ): Promise<RunningServer> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-server-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const config = freePorts(await readConfig({ ...(await environment(t, folder)), ...variables }));
    const log: LogLine[] = [];
    const lines = new EventEmitter<{ line: [] }>();
    const logger = createLogger(config.log, {
      write(line) {
        log.push(JSON.parse(line));
        lines.emit('line');
      },
    });
    beforeStart();
    const server = await Server.start(config, logger);
    t.teardown(() => server.close());
    return new RunningServer(t, config, server, log, lines);
  }

  /** `host:port` of the API and the sockets. */
  get host(): string {
    return `127.0.0.1:${this.server.port}`;
  }

  async ask(method: string, path: string, body?: unknown): Promise<ServerReply> {
    const { response, text } = await whenNotBusy(() =>
      fetch(`http://${this.host}${path}`, {
        method,
        headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  }

  /** @param config as the API takes it. @returns the room's id */
  async createRoom(config: Record<string, unknown> = {}): Promise<string> {
    return (await this.#created('/room', config)).room.id;
  }

  /** @returns the peer's id and the token of its client */
  async addPeer(roomId: string, options: Record<string, unknown> = {}): Promise<{ id: string; token: string }> {
    const { peer, token } = await this.#created(`/room/${roomId}/peer`, { type: 'webrtc', options });
    return { id: peer.id, token };
  }

  async room(roomId: string): Promise<ServerReply['json']> {
    return (await this.ask('GET', `/room/${roomId}`)).json.data;
  }

  /** Waits until a sentence is in the log. */
  async logged(sentence: string): Promise<LogLine> {
    for (;;) {
      const record = this.log.find(({ message }) => message === sentence);
      if (record) return record;
      await once(this.#lines, 'line');
    }
  }

  /** Deletes a room, a peer or a component. */
  async delete(path: string): Promise<void> {
    const { status } = await this.ask('DELETE', path);
    if (status !== 204) throw new Error(`DELETE ${path} responded with ${status}.`);
  }

  /** A backend that has subscribed to notifications. */
  async subscribe(): Promise<NotificationSocket> {
    return await NotificationSocket.open(this.#t, this.host, apiToken);
  }

  async #created(path: string, body: unknown): Promise<ServerReply['json']> {
    const { status, json } = await this.ask('POST', path, body);
    if (status !== 201) throw new Error(`POST ${path} responded with ${status}: ${JSON.stringify(json)}`);
    return json.data;
  }
}

async function environment(t: Pick<Test, 'teardown'>, folder: string): Promise<Record<string, string>> {
  const ports = await PortBlock.claim(t);
  return {
    FJ_WEBRTC_TURN_PORT_RANGE: `${ports.min + 1}-${ports.max}`,
    FJ_WEBRTC_TURN_TCP_PORT: String(ports.min),
    FJ_RESOURCES_BASE_PATH: folder,
    FJ_SECRET_KEY_BASE: secretKeyBase,
    SHOAL_WORKERS: '1',
    // Set for a run of all tests with edges.
    SHOAL_HLS_EDGES: process.env.SHOAL_HLS_EDGES ?? '0',
    FJ_LOG_LEVEL: 'debug',
    FJ_STRUCTURED_LOGGING: 'true',
  };
}

function withFreePorts({ external, ...jibri }: Config['jibri']): Config['jibri'] {
  return { ...jibri, ...(external && { external: { ...external, port: 0 } }) };
}

/** Ports that the system chooses cannot be written in the environment. */
function freePorts(config: Config): Config {
  return {
    ...config,
    http: { ...config.http, port: 0 },
    metrics: { ...config.metrics, port: 0 },
    jibri: withFreePorts(config.jibri),
    telephony: { ...config.telephony, port: 0 },
  };
}
