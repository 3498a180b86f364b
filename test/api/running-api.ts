import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { type AppOptions, createApp } from '../../src/api/app.ts';
import { systemClock } from '../../src/clock/clock.ts';
import { Components } from '../../src/component/components.ts';
import { Secret } from '../../src/config/secret.ts';
import type { OutputError } from '../../src/output/program-output.ts';
import { RoomOutputs, type RoomOutputsOptions } from '../../src/output/room-outputs.ts';
import type { RoomEvent } from '../../src/room/room-event.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import { mediaDouble } from '../sfu/media-double.ts';

export const token = 'development';

export interface ApiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said; the assertions look into it
  readonly json: any;
}

export interface RequestOptions {
  readonly headers?: OutgoingHttpHeaders;
  /** Objects are sent as JSON, texts and bytes as they are. */
  readonly body?: unknown;
  /** Sends no token. */
  readonly anonymous?: boolean;
}

/** The API over a real socket, with real rooms that have no media. */
export class RunningApi {
  readonly app: FastifyInstance;
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly events: readonly RoomEvent[];
  /** Log records of level error. */
  readonly errors: readonly { err?: { message: string; stack: string }; msg: string }[];
  readonly resources: string;

  private constructor(parts: Pick<RunningApi, 'app' | 'rooms' | 'events' | 'errors' | 'resources'>) {
    this.app = parts.app;
    this.rooms = parts.rooms;
    this.events = parts.events;
    this.errors = parts.errors;
    this.resources = parts.resources;
  }

  static async start(changes: Partial<AppOptions> = {}): Promise<RunningApi> {
    const resources = await mkdtemp(join(tmpdir(), 'shoal-api-'));
    const bus = new RoomEvents();
    const events: RoomEvent[] = [];
    bus.subscribe((event) => events.push(event));
    const rooms = new RoomRegistry({ events: bus, openMedia: async () => mediaDouble() });
    const errors: RunningApi['errors'][number][] = [];
    const app = await createApp({
      rooms,
      serverApiToken: new Secret(token),
      host: 'media.example:4000/shoal',
      webrtcUsed: true,
      resourcesBasePath: resources,
      gitCommit: 'abc1234',
      startedAt: systemClock.monotonic(),
      clock: systemClock,
      components: new Components([]),
      issuePeerToken: (roomId, peerId) => `token-of-${roomId}-${peerId}`,
      checkHealth: async () => undefined,
      distribution: () => ({ enabled: false, nodeStatus: 'DOWN', nodesInCluster: 0 }),
      logger: pino({ level: 'error' }, { write: (line) => errors.push(JSON.parse(line)) }),
      serverSockets: (socket) => socket.close(),
      peerSockets: (socket) => socket.close(),
      originAllowed: () => true,
      outputs: new RoomOutputs(outputDoubles(bus)),
      ...changes,
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    return new RunningApi({ app, rooms: changes.rooms ?? rooms, events, errors, resources });
  }

  get port(): number {
    return (this.app.server.address() as AddressInfo).port;
  }

  /** @param path sent as it is, dots and all */
  async ask(method: string, path: string, options: RequestOptions = {}): Promise<ApiResponse> {
    const { body, anonymous = false } = options;
    const asJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
    const headers: OutgoingHttpHeaders = {
      ...(!anonymous && { authorization: `Bearer ${token}` }),
      ...(asJson && { 'content-type': 'application/json' }),
      ...options.headers,
    };
    const tls = 'setSecureContext' in this.app.server;
    const request = (tls ? httpsRequest : httpRequest)({
      host: '127.0.0.1',
      port: this.port,
      method,
      path,
      headers,
      agent: false,
      ...(tls && { rejectUnauthorized: false }),
    });
    request.end(asJson ? JSON.stringify(body) : body);
    const [response] = await once(request, 'response');
    const text = (await buffer(response)).toString();
    return { status: response.statusCode, headers: response.headers, text, json: parsed(text) };
  }

  /** Sends bytes and reads the response until the server closes. */
  async exchange(text: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    socket.end(text);
    return (await buffer(socket)).toString('latin1');
  }

  /** A room, made over the API. @returns its id */
  async createRoom(config: Record<string, unknown> = {}): Promise<string> {
    const response = await this.ask('POST', '/room', { body: config });
    if (response.status !== 201) throw new Error(`No room: ${response.text}`);
    return response.json.data.room.id;
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.rooms.close();
    await rm(this.resources, { recursive: true, force: true });
  }
}

/** What outputs need, as far as rooms without media go. */
function outputDoubles(events: RoomEvents): RoomOutputsOptions {
  const open = () => {
    const observer = new EventEmitter<{ running: []; failed: [OutputError] }>();
    const sink = { format() {}, sample: () => void observer.emit('running'), end() {} };
    return { observer, sink, close: async () => undefined };
  };
  const attach = () => ({ close: async () => undefined });
  const isAllowed = (url: string) => !url.includes('forbidden');
  return { feeds: { attach }, events, openFile: open, openStream: open, isAllowed, logger: pino({ level: 'silent' }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
