import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import type { Test } from 'tap';
import { JibriListeners } from '../../src/api/jibri/jibri-listeners.ts';
import { jibriRoutes } from '../../src/api/jibri/jibri-routes.ts';
import { type Clock, systemClock } from '../../src/clock/clock.ts';
import type { Components } from '../../src/component/components.ts';
import { readConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secret.ts';
import { FinalizeScript } from '../../src/jibri/finalize-script.ts';
import { Jibri } from '../../src/jibri/jibri.ts';
import { recorderSettings } from '../../src/jibri/recorder-settings.ts';
import { RecordingFinish } from '../../src/jibri/recording-finish.ts';
import { statusBody } from '../../src/jibri/status-body.ts';
import { WebhookToken } from '../../src/jibri/webhook-token.ts';
import type { Logger } from '../../src/log/logger.ts';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { OutboundClient } from '../../src/net/outbound-client.ts';
import { Recorders, type RecordersOptions } from '../../src/recorder/recorders.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import type { MediaStore, MediaStoreOptions } from '../../src/storage/media-store.ts';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { RunningApi, token } from '../api/running-api.ts';
import type { OutputDouble } from '../recorder/output-double.ts';
import { openSessionStore, RecorderMedia } from '../recorder/recorder-media.ts';
import { mediaDouble } from '../sfu/media-double.ts';

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

export interface RunningJibriOptions {
  readonly clock?: Clock;
  /** @returns PEM */
  readonly readTokenKey?: () => Promise<string>;
  /** Of the store. With an account, sessions are uploaded. */
  readonly storage?: Partial<MediaStoreOptions>;
  /** Real ones in place of the doubles. */
  readonly media?: {
    readonly rooms: RoomRegistry<RoomRouter>;
    readonly feeds: RecordersOptions['feeds'];
    readonly outputs: RecordersOptions['outputs'];
  };
}

/** The facade over real sockets, with real rooms, without media: the program feed and what it is written to are doubles. */
export class RunningJibri {
  readonly api: RunningApi;
  readonly jibri: Jibri;
  readonly recorders: Recorders;
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly components: Components;
  readonly events: RoomEvents;
  readonly store: MediaStore;
  /** Where sessions record, unless the variables say something else. */
  readonly folder: string;
  readonly log: readonly string[];
  readonly media: RecorderMedia;
  readonly exits: number[];
  readonly listeners: JibriListeners;
  /** Ports of the listeners, in the order of the slots; the internal one last. */
  readonly ports: number[] = [];

  private constructor(
    parts: Pick<
      RunningJibri,
      'recorders' | 'jibri' | 'rooms' | 'components' | 'events' | 'store' | 'folder' | 'log' | 'media' | 'exits'
    >,
  ) {
    this.recorders = parts.recorders;
    this.jibri = parts.jibri;
    this.rooms = parts.rooms;
    this.components = parts.components;
    this.events = parts.events;
    this.store = parts.store;
    this.folder = parts.folder;
    this.log = parts.log;
    this.media = parts.media;
    this.exits = parts.exits;
    this.api = undefined as unknown as RunningApi;
    this.listeners = undefined as unknown as JibriListeners;
  }

  /** @param variables `JIBRI_*` */
  static async start(
    t: Test,
    variables: Record<string, string> = {},
    { clock = systemClock, readTokenKey, storage: options = {}, media: real }: RunningJibriOptions = {},
  ): Promise<RunningJibri> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-jibri-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const { jibri: config } = await readConfig({ JIBRI_INSTANCE_ID: 'rec', JIBRI_RECORDING_DIR: folder, ...variables });
    const log: string[] = [];
    const logger: Logger = pino({ level: 'debug' }, { write: (line) => void log.push(line) });
    const events = new RoomEvents();
    const openMedia = async () => mediaDouble();
    const rooms = real?.rooms ?? new RoomRegistry({ events, openMedia });
    const client = new OutboundClient({ guard: new AddressGuard() });
    const media = new RecorderMedia();
    const { feeds, outputs } = media;
    const parts = { config, clock, logger };
    const components = componentsOf(componentDoubles());
    const { recordings, finalizeScript } = config;
    const steps = new RecordingFinish(finalizeScript ? new FinalizeScript(finalizeScript, logger) : undefined);
    const { store, ...storage } = await openSessionStore({ recordings, steps, logger }, options);
    const given = { rooms, events, components, storage: { store, ...storage }, steps, feeds, outputs, ...real };
    const recorders = new Recorders({ ...parts, ...recorderSettings(config), ...given });
    const readKey = readTokenKey ?? (async () => '');
    const token = config.token && (await WebhookToken.open({ ...config.token, readKey, clock }));
    const exits: number[] = [];
    const jibri = new Jibri({
      ...parts,
      ...(token && { token }),
      recorders,
      client,
      exit: (code) => void exits.push(code),
    });
    const self = new RunningJibri({ recorders, jibri, rooms, components, events, store, folder, log, media, exits });
    await self.#listen(t, config, logger);
    t.teardown(async () => {
      await self.recorders.close();
      await self.jibri.close();
      await store.close();
      await self.api.close();
      await rooms.close();
      await client.close();
    });
    return self;
  }

  async #listen(t: Test, config: Awaited<ReturnType<typeof readConfig>>['jibri'], logger: Logger) {
    const { jibri, rooms } = this;
    const plugins = [jibriRoutes({ jibri, rooms, token: new Secret(token), tokenRequired: config.tokenRequired })];
    const parts = { rooms, components: this.components, plugins };
    (this as { api: RunningApi }).api = await RunningApi.start(parts);
    const address = { ip: '127.0.0.1', port: 0 };
    const slotListeners = jibri.slots.all.slice(1).map(() => address);
    const free = { external: { ...address, required: true }, internal: address, slotListeners };
    const listeners = await JibriListeners.start(jibri, { ...config, ...free }, logger);
    (this as { listeners: JibriListeners }).listeners = listeners;
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
    return await this.media.output(index);
  }

  /** The outputs of all sessions so far. */
  get outputs(): readonly OutputDouble[] {
    return this.media.opened;
  }

  /** The program begins, or goes on. */
  play(): void {
    this.media.play();
  }

  /** The program breaks for good. */
  breakProgram(error: Error): void {
    this.media.breakProgram(error);
  }

  async until(busyStatus: string): Promise<void> {
    const { default: slot } = this.jibri.slots;
    while (statusBody(slot.status).busyStatus !== busyStatus) await once(slot.observer, 'status');
  }
}
