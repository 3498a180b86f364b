import { EventEmitter } from 'node:events';
import type { Secret } from '../config/secret.ts';
import type { Session } from './session.ts';
import type { SessionFailure } from './session-failure.ts';
import type { SessionRequest } from './session-request.ts';

/** `expired`: it takes no more sessions, until it is renewed. */
export type SlotState = 'idle' | 'busy' | 'expired';

export interface SlotStatus {
  readonly state: SlotState;
  /** False after a failure for which the machine is at fault. */
  readonly healthy: boolean;
}

/** An event of a slot's session. */
export interface SessionChange {
  readonly request: SessionRequest;
  /** `running`: at most once; `ended`: once. */
  readonly state: 'running' | 'ended';
  /** Undefined unless it failed. */
  readonly failure: SessionFailure | undefined;
}

export interface SlotEvents {
  /** After every change. */
  status: [SlotStatus];
  session: [SessionChange];
  /** Its last pending action has been done: `expire` or `renew`. */
  settled: [IdleAction];
  counted: [SlotCount];
}

/** `fault`: a failure for which the machine is at fault; `refused`: a start while it was not idle. */
export type SlotCount = 'started' | 'stopped' | 'fault' | 'refused';

/** What a slot does when it is idle the next time: `expire` or `renew`. */
export type IdleAction = 'expire' | 'renew';

/** For whom a slot is, when it is not for everybody: it records calls of this customer only. */
export interface SlotCustomer {
  /** Host name or IP address of the calls. */
  readonly domain: string;
  /** What the ids of their rooms begin with, in any case. Undefined: anything */
  readonly roomPrefix?: string | undefined;
  /** The tenant of the calls. Undefined: any */
  readonly tenant?: string | undefined;
  /** Required of those who drive the slot. Undefined: nobody is asked */
  readonly token?: Secret | undefined;
}

export interface SlotOptions {
  /** Whether it expires with its first session. Default: it does not */
  readonly singleUse?: boolean;
  /** Default: it is for everybody */
  readonly customer?: SlotCustomer | undefined;
}

/** A recorder, which runs one session at a time. */
export class Slot {
  readonly id: string;
  readonly customer: SlotCustomer | undefined;
  readonly observer = new EventEmitter<SlotEvents>();
  readonly #singleUse: boolean;
  #session: Session | undefined;
  /** Resolves when the session has ended and its state is updated. */
  #over: Promise<void> = Promise.resolve();
  #expired = false;
  #healthy = true;
  #whenIdle: IdleAction | undefined;
  #closed = false;

  constructor(id: string, { singleUse = false, customer }: SlotOptions = {}) {
    this.id = id;
    this.customer = customer;
    this.#singleUse = singleUse;
    this.observer.setMaxListeners(0);
  }

  get status(): SlotStatus {
    return { state: this.#state, healthy: this.#healthy };
  }

  get running(): boolean {
    return this.#session !== undefined;
  }

  /** Starts a session. @returns whether it was accepted */
  start(open: () => Session): boolean {
    if (this.#state !== 'idle' || this.#closed) {
      this.observer.emit('counted', 'refused');
      return false;
    }
    const session = open();
    this.#session = session;
    const { request } = session;
    session.observer.on('running', () => {
      this.observer.emit('session', { request, state: 'running', failure: undefined });
    });
    session.observer.on('ended', (end) => {
      const failure = end === 'finished' ? undefined : end;
      this.observer.emit('session', { request, state: 'ended', failure });
      if (failure?.ofMachine) this.#fail();
    });
    session.observer.on('fault', () => this.#fail());
    this.#over = session.done.then(() => this.#release());
    this.observer.emit('counted', 'started');
    this.#changed();
    return true;
  }

  /** Ends the running session. Resolves when it has ended, finish steps included. */
  async stop(): Promise<void> {
    const over = this.#over;
    void this.#session?.stop();
    await over;
  }

  /** Sets the action for when the slot is idle, which may be now. It replaces an earlier one. */
  whenIdle(action: IdleAction): void {
    this.#whenIdle = action;
    if (!this.#session && this.#act()) this.#changed();
  }

  /** Ends the running session and accepts no more. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.stop();
  }

  get #state(): SlotState {
    if (this.#session) return 'busy';
    return this.#expired ? 'expired' : 'idle';
  }

  #fail(): void {
    this.observer.emit('counted', 'fault');
    if (!this.#healthy) return;
    this.#healthy = false;
    this.#changed();
  }

  #release(): void {
    this.#session = undefined;
    if (this.#singleUse) this.#expired = true;
    this.#act();
    this.observer.emit('counted', 'stopped');
    this.#changed();
  }

  /** @returns whether the status has changed */
  #act(): boolean {
    const action = this.#whenIdle;
    if (!action) return false;
    this.#whenIdle = undefined;
    const before = this.#expired;
    this.#expired = action === 'expire';
    this.observer.emit('settled', action);
    return before !== this.#expired;
  }

  #changed(): void {
    this.observer.emit('status', this.status);
  }
}
