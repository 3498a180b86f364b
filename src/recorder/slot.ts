import { EventEmitter } from 'node:events';
import type { Session } from './session.ts';
import { SessionError } from './session-error.ts';
import type { SessionEnd } from './session-limits.ts';
import { type BusyStatus, type SlotStatus, slotStatus } from './slot-status.ts';

/** What happened to a session of a slot. */
export interface SessionChange {
  readonly sessionId: string;
  readonly status: 'ON' | 'OFF';
  /** Of a gateway. */
  readonly sipAddress: string | null;
  readonly failure: SessionError | null;
}

export interface SlotEvents {
  /** After every change of its busy status or of its health. */
  status: [SlotStatus];
  session: [SessionChange];
  /** Its last pending action has been done: `expire` or `renew`. */
  settled: [IdleAction];
  counted: ['sessions_started' | 'sessions_stopped' | 'errors' | 'busy'];
}

/** What a slot does when it is idle the next time: be used up, or be as new. */
export type IdleAction = 'expire' | 'renew';

/** What a session is started with. */
export interface SlotStart {
  readonly sipAddress: string | null;
  readonly open: () => Session;
}

/** One recorder: it runs one session at a time. docs/contracts/jibri.md 1 and 4. */
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
    return slotStatus(this.#busyStatus, this.#healthy);
  }

  get running(): boolean {
    return this.#session !== undefined;
  }

  /** @returns whether the session was accepted; it is being started then */
  start({ sipAddress, open }: SlotStart): boolean {
    if (this.#busyStatus !== 'IDLE' || this.#closed) {
      this.observer.emit('counted', 'busy');
      return false;
    }
    const session = open();
    this.#session = session;
    const change = (status: 'ON' | 'OFF', failure: SessionError | null) =>
      this.observer.emit('session', { sessionId: session.id, status, sipAddress, failure });
    session.observer.on('running', () => change('ON', null));
    session.observer.on('ended', (end) => {
      change('OFF', end === 'finished' ? null : end);
      this.#assess(end);
    });
    session.observer.on('systemError', () => this.#fail());
    this.#over = session.done.then(() => this.#release());
    this.observer.emit('counted', 'sessions_started');
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

  get #busyStatus(): BusyStatus {
    if (this.#session) return 'BUSY';
    return this.#expired ? 'EXPIRED' : 'IDLE';
  }

  #assess(end: SessionEnd): void {
    if (end instanceof SessionError && end.scope === 'SYSTEM') this.#fail();
  }

  #fail(): void {
    this.observer.emit('counted', 'errors');
    if (!this.#healthy) return;
    this.#healthy = false;
    this.#changed();
  }

  #release(): void {
    this.#session = undefined;
    if (this.#singleUse) this.#expired = true;
    this.#act();
    this.observer.emit('counted', 'sessions_stopped');
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
