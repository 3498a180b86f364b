import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import type { Test } from 'tap';
import { BearerAuthentication } from '../../src/api/bearer-authentication.ts';
import { JibriListeners } from '../../src/api/jibri/jibri-listeners.ts';
import { jibriRoutes } from '../../src/api/jibri/jibri-routes.ts';
import { type Clock, systemClock } from '../../src/clock/clock.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { Jibri } from '../../src/jibri/jibri.ts';
import { type OpenRecordersOptions, openRecorders } from '../../src/jibri/open-recorders.ts';
import { statusBody } from '../../src/jibri/status-body.ts';
import type { Logger } from '../../src/log/logger.ts';
import type { ProgramSample, ProgramSink } from '../../src/media/sample.ts';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { OutboundClient } from '../../src/net/outbound-client.ts';
import type { OutputError, ProgramOutput } from '../../src/output/program-output.ts';
import type { Recorders } from '../../src/recorder/recorders.ts';
import type { StreamDestination } from '../../src/recorder/session-request.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { RunningApi, token } from '../api/running-api.ts';
import { mediaDouble } from '../sfu/media-double.ts';

type Target = Pick<StreamDestination, 'url' | 'credentials'>;

const base = '/jibri/api/v1.0';

/** A start request that is complete; a test changes what it is about. */
export function startBody(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    sessionId: 'session-1',
    sinkType: 'file',
    callParams: { callUrlInfo: { baseUrl: 'https://meet.example.org', callName: 'standup' } },
    callLoginParams: {},
    ...changes,
  };
}

export interface JibriReply {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

/** What a session writes to; the test says when it runs and fails. */
export class OutputDouble implements ProgramOutput {
  readonly observer = new EventEmitter<{ running: []; failed: [OutputError] }>();
  readonly path: string | undefined;
  readonly target: Target | undefined;
  readonly sink: ProgramSink = { format() {}, sample: () => void this.#arrive(), end() {} };
  closed = false;
  #written = false;
  /** Held back by a test. */
  closing: Promise<void> = Promise.resolve();

  constructor(path: string | undefined, target: Target | undefined) {
    this.path = path;
    this.target = target;
  }

  async close(): Promise<void> {
    await this.closing;
    if (this.path !== undefined && this.#written) await writeFile(this.path, 'moving pictures');
    this.closed = true;
  }

  #arrive(): void {
    if (this.#written) return;
    this.#written = true;
    this.observer.emit('running');
  }
}

/** Leaves files alone. */
const noStorage: OpenRecordersOptions['storage'] = {
  store: { hold: () => ({ release: () => undefined, handOver: async () => undefined }), isHeld: () => false },
  upload: undefined,
};

export interface RunningJibriOptions {
  readonly clock?: Clock;
  /** PEM. */
  readonly tokenKey?: string;
  readonly readTokenKey?: () => Promise<string>;
  readonly storage?: OpenRecordersOptions['storage'];
  /** Real ones in place of the doubles. */
  readonly media?: {
    readonly rooms: RoomRegistry<RoomRouter>;
    readonly feeds: OpenRecordersOptions['feeds'];
    readonly outputs: OpenRecordersOptions['outputs'];
  };
}

const sample: ProgramSample = { kind: 'video', data: new Uint8Array(1), time: 0, duration: 1, keyframe: true };

/** The facade over real sockets, with real rooms, without media: the program feed and what it is written to are doubles. */
export class RunningJibri {
  readonly api: RunningApi;
  readonly jibri: Jibri;
  readonly recorders: Recorders;
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly components = componentsOf(componentDoubles());
  readonly events: RoomEvents;
  readonly folder: string;
  readonly log: readonly string[];
  readonly outputs: OutputDouble[] = [];
  readonly exits: number[] = [];
  /** Ports of the listeners, in the order of the slots; the internal one last. */
  readonly ports: number[] = [];
  readonly #sinks = new Set<ProgramSink>();
  readonly #changes = new EventEmitter<{ output: [] }>();

  private constructor(
    parts: Pick<RunningJibri, 'folder' | 'log' | 'rooms' | 'events'>,
    make: (self: RunningJibri) => Pick<RunningJibri, 'recorders' | 'jibri'>,
  ) {
    this.folder = parts.folder;
    this.log = parts.log;
    this.rooms = parts.rooms;
    this.events = parts.events;
    const { recorders, jibri } = make(this);
    this.recorders = recorders;
    this.jibri = jibri;
    this.api = undefined as unknown as RunningApi;
  }

  /** @param variables `JIBRI_*` */
  static async start(
    t: Test,
    variables: Record<string, string> = {},
    { clock = systemClock, tokenKey, readTokenKey, storage = noStorage, media }: RunningJibriOptions = {},
  ): Promise<RunningJibri> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-jibri-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const { jibri: config } = await readConfig({ JIBRI_INSTANCE_ID: 'rec', JIBRI_RECORDING_DIR: folder, ...variables });
    const log: string[] = [];
    const logger: Logger = pino({ level: 'debug' }, { write: (line) => void log.push(line) });
    const events = new RoomEvents();
    const openMedia = async () => mediaDouble();
    const rooms = media?.rooms ?? new RoomRegistry({ events, openMedia });
    const client = new OutboundClient({ guard: new AddressGuard() });
    const self = new RunningJibri({ folder, log, rooms, events }, (running) => {
      const exit = (code: number) => void running.exits.push(code);
      const feeds = { attach: (_room: unknown, sink: ProgramSink) => running.#attach(sink) };
      const outputs = {
        openFile: (path: string) => running.#open(new OutputDouble(path, undefined)),
        openStream: (target: Target) => running.#open(new OutputDouble(undefined, target)),
      };
      const parts = { config, clock, logger };
      const recorders = openRecorders({
        ...parts,
        rooms,
        events,
        components: running.components,
        storage,
        feeds,
        outputs,
        ...media,
      });
      const key = { ...(tokenKey && { tokenKey }), ...(readTokenKey && { readTokenKey }) };
      return { recorders, jibri: new Jibri({ ...parts, ...key, recorders, client, exit }) };
    });
    await self.#listen(t, config, logger);
    t.teardown(async () => {
      await self.recorders.close();
      await self.jibri.close();
      await self.api.close();
      await rooms.close();
      await client.close();
    });
    return self;
  }

  async #listen(t: Test, config: Awaited<ReturnType<typeof readConfig>>['jibri'], logger: Logger) {
    const { jibri, rooms } = this;
    const authentication = config.tokenRequired ? new BearerAuthentication(token) : undefined;
    const plugins = [jibriRoutes({ jibri, rooms, authentication })];
    const parts = { rooms, components: this.components, plugins };
    (this as { api: RunningApi }).api = await RunningApi.start(parts);
    const address = { ip: '127.0.0.1', port: 0 };
    const slotListeners = jibri.slots.all.slice(1).map(() => address);
    const free = { external: { ...address, required: true }, internal: address, slotListeners };
    const listeners = await JibriListeners.start(jibri, { ...config, ...free }, logger);
    t.teardown(() => listeners.close());
    this.ports.push(...listeners.ports);
  }

  /** Asks the listener of a slot. @param path below the base path, or absolute with two slashes */
  async ask(
    method: string,
    path: string,
    body?: unknown,
    options: { port?: number | undefined; headers?: Record<string, string> } = {},
  ) {
    const { port = this.ports[0] as number, headers = { 'content-type': 'application/json' } } = options;
    const full = path.startsWith('//') ? path.slice(1) : `${base}/${path}`;
    const request = httpRequest({ host: '127.0.0.1', port, method, path: full, headers, agent: false });
    request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    const [response] = await once(request, 'response');
    const text = (await buffer(response)).toString();
    return { status: response.statusCode, type: response.headers['content-type'], text } as JibriReply;
  }

  async start(changes: Record<string, unknown> = {}): Promise<JibriReply> {
    return await this.ask('POST', 'startService', startBody(changes));
  }

  async stop(): Promise<JibriReply> {
    return await this.ask('POST', 'stopService');
  }

  async health(): Promise<string> {
    return (await this.ask('GET', 'health')).text;
  }

  /** The output of a session, once there is one. @param index of all so far */
  async output(index = 0): Promise<OutputDouble> {
    while (this.outputs.length <= index) await once(this.#changes, 'output');
    return this.outputs[index] as OutputDouble;
  }

  /** The program begins, or goes on. */
  play(): void {
    for (const sink of this.#sinks) sink.sample(sample);
  }

  /** The program breaks for good. */
  breakProgram(error: Error): void {
    const sinks = [...this.#sinks];
    this.#sinks.clear();
    for (const sink of sinks) sink.end(error);
  }

  async until(busyStatus: string): Promise<void> {
    const { default: slot } = this.jibri.slots;
    while (statusBody(slot.status).busyStatus !== busyStatus) await once(slot.observer, 'status');
  }

  #open(output: OutputDouble): OutputDouble {
    this.outputs.push(output);
    this.#changes.emit('output');
    return output;
  }

  #attach(sink: ProgramSink) {
    this.#sinks.add(sink);
    const close = async () => {
      if (this.#sinks.delete(sink)) sink.end(undefined);
    };
    return { close };
  }
}
