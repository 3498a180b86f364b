import type { Clock } from '../clock/clock.ts';
import type { JibriConfig } from '../config/config.ts';
import type { Logger } from '../log/logger.ts';
import type { OutboundClient } from '../net/outbound-client.ts';
import type { ProgramFeeds } from '../program/program-feeds.ts';
import { SessionFiles, type SessionFilesOptions } from '../recorder/session-files.ts';
import { SessionRepair } from '../recorder/session-repair.ts';
import type { IdleAction } from '../recorder/slot.ts';
import { Slots } from '../recorder/slots.ts';
import type { RoomEvents } from '../room/room-events.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { CallRooms } from './call-rooms.ts';
import { FinalizeProgram } from './finalize-script.ts';
import { JibriApi } from './jibri-api.ts';
import { RecordingFinish } from './recording-finish.ts';
import { type Outputs, SessionFactory } from './session-factory.ts';
import { SlotMetrics } from './slot-metrics.ts';
import { SlotWebhooks } from './slot-webhooks.ts';
import { WebhookToken } from './webhook-token.ts';

export interface JibriOptions {
  readonly config: JibriConfig;
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly events: RoomEvents;
  readonly feeds: Pick<ProgramFeeds, 'attach'>;
  readonly outputs: Outputs;
  /** Looks after files of sessions, and where it uploads them. */
  readonly storage: Pick<SessionFilesOptions, 'store' | 'upload'>;
  /** For webhooks. */
  readonly client: OutboundClient;
  /** PEM; as configured. */
  readonly tokenKey?: string;
  /** Reads it anew. */
  readonly readTokenKey?: () => Promise<string>;
  /** Ends the process with an exit code. */
  readonly exit: (code: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Exit codes that supervisors of Jibri know: docs/contracts/jibri.md 3. */
const exitCodes: Readonly<Record<IdleAction, number>> = { renew: 0, expire: 255 };
/** Ms that finalize scripts have when the server stops. */
const finalizeDrain = 2500;

/** The rooms of this server as recorders that orchestrators of Jibri can drive. */
export class Jibri {
  readonly api: JibriApi;
  readonly slots: Slots;
  /** In the order of the slots. */
  readonly metrics: readonly SlotMetrics[];
  readonly #finish: RecordingFinish;
  readonly #files: SessionFiles;
  readonly #repair: SessionRepair;
  readonly #webhooks: SlotWebhooks;
  readonly #clock: Clock;
  #closing: Promise<void> | undefined;

  constructor(options: JibriOptions) {
    const { config, rooms, events, feeds, outputs, storage, client, clock, logger } = options;
    const { callHosts: hosts, autoCreateRoom: autoCreate, instanceId: id, slots: count, singleUse } = config;
    this.#clock = clock;
    this.#finish = new RecordingFinish(
      config.finalizeScript ? new FinalizeProgram(config.finalizeScript, logger) : undefined,
    );
    const calls = new CallRooms({ rooms, events, hosts, autoCreate, clock });
    const { recordings, allowList, limits, subscribers } = config;
    const files = new SessionFiles({ recordings, finish: this.#finish, ...storage });
    this.#files = files;
    this.#repair = new SessionRepair(files, clock, logger);
    const sessions = new SessionFactory({ calls, feeds, outputs, files, allowList, limits, clock, logger });
    const token = openToken(options);
    this.#webhooks = new SlotWebhooks({ subscribers, client, ...(token && { token }), clock, logger });
    this.slots = new Slots({ id, count, singleUse, webhooks: this.#webhooks });
    this.metrics = this.slots.all.map((slot) => new SlotMetrics(slot));
    this.api = new JibriApi(sessions, config.callLoginRequired);
    if (config.internalExit) this.#exitWhenIdle(options.exit);
    if (token) this.#reloadWhenRenewed(token, options);
  }

  /** Stops every session; finalize scripts get a moment. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Ends the process once an action has come due and no slot is in use. */
  #exitWhenIdle(exit: (code: number) => void): void {
    let code: number | undefined;
    const check = () => {
      if (code === undefined || this.slots.all.some(({ running }) => running)) return;
      exit(code);
      code = undefined;
    };
    for (const { observer } of this.slots.all) {
      observer.on('settled', (action) => {
        code = exitCodes[action];
        check();
      });
      observer.on('status', check);
    }
  }

  /** Variables do not change while a process runs; what they point to may. */
  #reloadWhenRenewed(token: WebhookToken, { readTokenKey, logger }: JibriOptions): void {
    const reload = async () => {
      const key = await readTokenKey?.();
      if (key !== undefined) token.changeKey(key);
    };
    const onSettled = (action: IdleAction) => {
      if (action === 'expire') return;
      reload().catch((err: unknown) => logger.error({ err }, 'The key of webhooks of recorders could not be read.'));
    };
    for (const { observer } of this.slots.all) observer.on('settled', onSettled);
  }

  async #close(): Promise<void> {
    const cancel = this.#clock.schedule(finalizeDrain, () => void this.#finish.close());
    await this.slots.close();
    cancel();
    await this.#finish.close();
    await this.#files.close();
    await this.#repair.close();
    await this.#webhooks.close();
  }
}

function openToken({ config: { token }, tokenKey, clock }: JibriOptions): WebhookToken | undefined {
  return token && tokenKey !== undefined ? new WebhookToken({ ...token, key: tokenKey, clock }) : undefined;
}
