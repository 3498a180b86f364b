import type { Clock } from '../clock/clock.ts';
import type { JibriConfig } from '../config/jibri.ts';
import type { Logger } from '../log/logger.ts';
import type { OutboundClient } from '../net/outbound-client.ts';
import type { Recorders } from '../recorder/recorders.ts';
import type { IdleAction, Slot } from '../recorder/slot.ts';
import type { Slots } from '../recorder/slots.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { callRoom, callRoomName } from './call-name.ts';
import { requestedSession } from './requested-session.ts';
import type { SlotAddress } from './slot-address.ts';
import { SlotMetrics } from './slot-metrics.ts';
import { SlotWebhooks } from './slot-webhooks.ts';
import { missingParameter, type StartRequest } from './start-request.ts';
import { readTokenKey, WebhookToken } from './webhook-token.ts';

export interface JibriOptions {
  readonly config: JibriConfig;
  readonly recorders: Recorders;
  /** For webhooks. */
  readonly client: OutboundClient;
  /** The key of webhooks, read again when a recorder is renewed. */
  readonly token?: WebhookToken;
  /** Ends the process with an exit code. */
  readonly exit: (code: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Exit codes that supervisors of Jibri know: docs/contracts/jibri.md 3. */
const exitCodes: Readonly<Record<IdleAction, number>> = { renew: 0, expire: 255 };

/** The recorders of this server as orchestrators of Jibri use them. */
export class Jibri {
  readonly slots: Slots;
  readonly #recorders: Recorders;
  readonly #config: JibriConfig;
  readonly #watched = new Map<Slot, { readonly metrics: SlotMetrics; readonly unwatch: () => void }>();
  readonly #webhooks: SlotWebhooks;

  /** @throws StartError when the key of its webhooks cannot be used */
  static async open(options: Omit<JibriOptions, 'token'>): Promise<Jibri> {
    const { token } = options.config;
    if (!token) return new Jibri(options);
    const readKey = () => readTokenKey(token.keyPath);
    return new Jibri({ ...options, token: await WebhookToken.open({ ...token, readKey, clock: options.clock }) });
  }

  constructor(options: JibriOptions) {
    const { config, recorders, token, client, clock, logger } = options;
    this.slots = recorders.slots;
    this.#recorders = recorders;
    this.#config = config;
    const { subscribers } = config;
    this.#webhooks = new SlotWebhooks({ subscribers, client, ...(token && { token }), clock, logger });
    for (const slot of this.slots.all) this.#watch(slot);
    this.slots.observer.on('added', (slot) => this.#watch(slot));
    this.slots.observer.on('removed', (slot) => this.#unwatch(slot));
    if (config.internalExit) this.#exitWhenIdle(options.exit);
    if (token) this.#reloadWhenRenewed(token, logger);
  }

  /**
   * Starts a session, with the checks in the order of docs/contracts/jibri.md 2.3.
   * @returns the reason of a refusal; undefined when it was accepted
   */
  start(address: SlotAddress, request: StartRequest): string | undefined {
    const { slot, room } = address;
    const missing = missingParameter(request, this.#config.callLoginRequired);
    if (missing !== undefined) return missing;
    if (room && !isCallOf(room, request)) return 'Call does not match';
    const accepted = this.#recorders.start(slot, requestedSession(request, address, this.#config));
    return accepted ? undefined : 'Jibri is currently busy';
  }

  /** The series of a slot; undefined when it was removed. */
  metrics(slot: Slot): SlotMetrics | undefined {
    return this.#watched.get(slot)?.metrics;
  }

  /** Waits shortly for the last webhooks. To be called after the recorders are closed. Idempotent. */
  async close(): Promise<void> {
    await this.#webhooks.close();
  }

  #watch(slot: Slot): void {
    this.#watched.set(slot, { metrics: new SlotMetrics(slot), unwatch: this.#webhooks.watch(slot) });
  }

  #unwatch(slot: Slot): void {
    this.#watched.get(slot)?.unwatch();
    this.#watched.delete(slot);
  }

  /** Ends the process when the action of a configured slot has been done and no slot is in use. */
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
    // Those of customers are never asked to exit, but they are waited for.
    this.slots.observer.on('added', ({ observer }) => observer.on('status', check));
  }

  /** Variables do not change while the process runs, but the files that they name may. */
  #reloadWhenRenewed(token: WebhookToken, logger: Logger): void {
    const onSettled = (action: IdleAction) => {
      if (action === 'expire') return;
      token
        .reload()
        .catch((err: unknown) => logger.error({ err }, 'The key of webhooks of recorders could not be read.'));
    };
    for (const { observer } of this.slots.all) observer.on('settled', onSettled);
  }
}

function isCallOf(room: Room<RoomRouter>, { callParams: { callUrlInfo } }: StartRequest): boolean {
  const call = callRoom(callUrlInfo);
  const ids = [call?.id, call?.tenant?.bareId, call?.tenant?.distinctId];
  if (room.metadata && room.metadata.uid === callRoomName(callUrlInfo)) return true;
  return callUrlInfo.callName === '' || ids.some((id) => id?.toLowerCase() === room.id.toLowerCase());
}
