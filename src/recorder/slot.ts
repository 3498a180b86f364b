import { EventEmitter } from 'node:events';
import type { Session } from './session.ts';
import type { SessionFailure } from './session-failure.ts';
import type { SessionRequest } from './session-request.ts';

/** `expired`: it takes no more sessions, until it is renewed. */
export type SlotState = 'idle' | 'busy' | 'expired';

export interface SlotStatus {
  readonly state: SlotState;
  /** False once the machine was at fault for a failure. */
  readonly healthy: boolean;
}

/** What happened to a session of a slot. */
export interface SessionChange {
  readonly request: SessionRequest;
  /** `running` once, if ever; `ended` once. */
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

/** What a slot does when it is idle the next time: be used up, or be as new. */
export type IdleAction = 'expire' | 'renew';

/** One recorder: it runs one session at a time. */
export class Slot {
  readonly id: string;
  readonly observer = new EventEmitter<SlotEvents>();
  readonly #singleUse: boolean;
  #session: Session | undefined;
  /** The end of the session, bookkeeping included. */
  #over: Promise<void> = Promise.resolve();
  #expired = false;
  #healthy = true;
  #whenIdle: IdleAction | undefined;
  #closed = false;

  constructor(id: string, singleUse: boolean) {
    this.id = id;
    this.#singleUse = singleUse;
    this.observer.setMaxListeners(0);
  }

  get status(): SlotStatus {
    return { state: this.#state, healthy: this.#healthy };
  }

  get running(): boolean {
    return this.#session !== undefined;
  }

  /** @returns whether the session was accepted; it is being started then */
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

  /** Ends whatever runs; resolves when that is over, finalisation included. */
  async stop(): Promise<void> {
    const over = this.#over;
    void this.#session?.stop();
    await over;
  }

  /** Acts at the next idle moment, which may be now; replaces what was to be done then. */
  whenIdle(action: IdleAction): void {
    this.#whenIdle = action;
    if (!this.#session && this.#act()) this.#changed();
  }

  /** Stops what runs and takes no more. Idempotent. */
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

  /** @returns whether the status is another one now */
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
