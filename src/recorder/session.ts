import { EventEmitter, once } from 'node:events';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { CaptureObserver, SessionCapture } from './session-capture.ts';
import { SessionFailure } from './session-failure.ts';
import { type SessionEnd, SessionLimits } from './session-limits.ts';
import type { SessionRequest } from './session-request.ts';
import type { SessionRooms } from './session-rooms.ts';
import type { SessionTask } from './session-task.ts';

export interface SessionDependencies {
  readonly rooms: Pick<SessionRooms, 'join' | 'leave'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface SessionEvents {
  /** The session has joined and produces data; emitted at most once. */
  running: [];
  /** The capture has ended; always emitted once. */
  ended: [SessionEnd];
  /** A failure after the end for which the machine is at fault. */
  fault: [];
}

/** Time after which the capture counts as ended although its media is not complete, in ms. */
const closeTimeout = 10_000;

/** A recorder session, from its acceptance to the end of its finish steps. */
export class Session {
  readonly request: SessionRequest;
  readonly observer = new EventEmitter<SessionEvents>();
  /** Resolves when it has ended, finish steps included. Never rejects. */
  readonly done: Promise<void>;
  readonly #task: SessionTask;
  readonly #dependencies: SessionDependencies;
  readonly #logger: Logger;
  readonly #abort = new AbortController();
  #end: SessionEnd | undefined;
  /** Settles when the media is complete. */
  #closed: Promise<void> = Promise.resolve();

  constructor(request: SessionRequest, task: SessionTask, dependencies: SessionDependencies) {
    this.request = request;
    this.#task = task;
    this.#dependencies = dependencies;
    this.#logger = dependencies.logger.child({ sessionId: request.id });
    // The response to the start comes first.
    this.done = Promise.resolve().then(() => this.#run());
  }

  /** Ends the session as if everybody had left. Resolves with `done`. */
  async stop(): Promise<void> {
    this.#finish('finished');
    await this.done;
  }

  async #run(): Promise<void> {
    const { rooms } = this.#dependencies;
    let room: Room<RoomRouter> | undefined;
    try {
      await this.#task.prepare();
      if (!this.#ending) room = await rooms.join(this.request.room, this.#abort.signal);
      if (room && !this.#ending) await this.#capture(room);
    } catch (error) {
      this.#finish(this.#explained(error));
    }
    const end = this.#end ?? 'finished';
    if (end === 'finished') this.#logger.info({ roomId: room?.id }, 'A recorder session has ended.');
    else this.#logger.warn({ kind: end.kind, reason: end.message }, 'A recorder session failed.');
    this.observer.emit('ended', end);
    // The finish steps need a complete file, which for a long recording takes time.
    await this.#closed;
    await this.#task.finish().catch((error: unknown) => this.#reportLate(error));
    if (room) await rooms.leave(room).catch((err: unknown) => this.#logger.error({ err }, 'A room could not be left.'));
  }

  /** Captures until the end. */
  async #capture(room: Room<RoomRouter>): Promise<void> {
    this.#logger.info({ roomId: room.id }, 'A recorder session begins.');
    const onClosed = () => this.#finish('finished');
    room.changes.once('closed', onClosed);
    try {
      const capture = await this.#task.open(room, this.#observer());
      if (room.closed) onClosed();
      await this.#untilEnd(capture);
      await this.#closeInTime(capture);
      await room.endComponent(capture.component);
    } finally {
      room.changes.off('closed', onClosed);
    }
  }

  #observer(): CaptureObserver {
    const observer: CaptureObserver = new EventEmitter();
    observer.once('running', () => this.#ending || this.observer.emit('running'));
    observer.once('ended', (end) => this.#finish(end));
    observer.once('lost', (failure) => this.#endLate(failure));
    return observer;
  }

  async #untilEnd(capture: SessionCapture): Promise<void> {
    if (this.#ending) return;
    const ended = once(this.#abort.signal, 'abort');
    const readState = () => capture.readState();
    const watch = new SessionLimits(this.request.limits, this.#dependencies.clock, readState, (end) =>
      this.#finish(end),
    );
    await ended;
    watch.close();
  }

  /** Waits for the media to be complete, but not too long: orchestrators wait for the end of the session. */
  async #closeInTime(capture: SessionCapture): Promise<void> {
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#dependencies.clock.schedule(closeTimeout, () => {
        this.#logger.warn('A recorder session takes long to complete its media.');
        resolve();
      });
    });
    this.#closed = capture
      .close()
      .catch((err: unknown) => this.#logger.error({ err }, 'A capture could not be completed.'));
    await Promise.race([this.#closed, late]);
    cancel();
  }

  get #ending(): boolean {
    return this.#end !== undefined;
  }

  /** Ends the session; the first reason is kept. */
  #finish(end: SessionEnd): void {
    if (this.#ending) return;
    this.#end = end;
    this.#abort.abort();
  }

  /** A file may turn out to be lost when it is closed. */
  #endLate(failure: SessionFailure): void {
    if (this.#end === 'finished' && this.request.destination.kind === 'file') this.#end = failure;
  }

  #explained(error: unknown): SessionFailure {
    if (error instanceof SessionFailure) return error;
    this.#logger.error({ err: error }, 'A recorder session failed unexpectedly.');
    return new SessionFailure('notStarted');
  }

  #reportLate(error: unknown): void {
    this.#logger.error({ err: error }, 'The end of a recorder session failed.');
    if (error instanceof SessionFailure && error.ofMachine) this.observer.emit('fault');
  }
}
