import type { Clock } from '../clock/clock.ts';
import type { CallEnd, CallEndReason } from '../component/sip/call/call-state.ts';
import type { GatewayCall } from '../component/sip/gateway-call.ts';
import type { Logger } from '../log/logger.ts';
import type { Component } from '../room/component.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { callState } from './call-state.ts';
import type { CaptureObserver, SessionCapture } from './session-capture.ts';
import { SessionFailure } from './session-failure.ts';
import type { CallState, SessionEnd } from './session-limits.ts';

export interface GatewayCaptureOptions {
  readonly room: Room<RoomRouter>;
  /** Closed with the capture. */
  readonly call: GatewayCall;
  readonly observer: CaptureObserver;
  /** Time within which the call must be answered, in ms; undefined: the call has a limit of its own. */
  readonly answerTimeout: number | undefined;
  readonly clock: Clock;
  /** With the id of the session. */
  readonly logger: Logger;
}

/** Ends of calls that are no failures of a session. */
const normalEnds: ReadonlySet<CallEndReason> = new Set([
  'remote_hangup',
  'user_hangup',
  'component_closed',
  'room_without_audio',
]);
/** Keys of the phone after a star. */
const toggleAudio = '6';
const toggleVideo = '7';

/** A telephone in a room, for a gateway session: the session runs while its call does. */
export class GatewayCapture implements SessionCapture {
  readonly component: Component;
  readonly #room: Room<RoomRouter>;
  readonly #call: GatewayCall;
  readonly #observer: CaptureObserver;
  readonly #logger: Logger;
  readonly #cancelTimeout: () => void;
  #audible = true;
  /** Whether the last key was a star. */
  #starred = false;
  #closed = false;

  constructor({ room, call, observer, answerTimeout, clock, logger }: GatewayCaptureOptions) {
    this.component = call.component;
    this.#room = room;
    this.#call = call;
    this.#observer = observer;
    this.#logger = logger;
    const giveUp = () => this.#end(new SessionFailure('gateway', 'no_answer'));
    this.#cancelTimeout = answerTimeout === undefined ? () => {} : clock.schedule(answerTimeout, giveUp);
    call.observer.on('answered', () => {
      this.#cancelTimeout();
      observer.emit('running');
    });
    call.observer.on('dtmf', (digit) => this.#press(digit));
    call.observer.on('ended', (end) => this.#end(sessionEnd(end)));
  }

  /** The telephone is no participant for its own session: the room is empty when nobody else is there. */
  async readState(): Promise<CallState> {
    return await callState(this.#room, true, this.component);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimeout();
    await this.#room.endComponent(this.component);
    await this.#call.close();
  }

  #end(end: SessionEnd): void {
    if (this.#closed) return;
    this.#cancelTimeout();
    this.#observer.emit('ended', end);
  }

  #press(digit: string): void {
    const starred = this.#starred;
    this.#starred = digit === '*';
    if (!starred) return;
    if (digit === toggleVideo) this.#logger.debug('A telephone has no video that could be switched.');
    if (digit !== toggleAudio) return;
    this.#audible = !this.#audible;
    this.#call.setAudible(this.#audible);
    this.#logger.info({ audible: this.#audible }, 'A telephone has switched its audio.');
  }
}

function sessionEnd({ reason, status }: CallEnd): SessionEnd {
  if (normalEnds.has(reason)) return 'finished';
  if (reason === 'busy') return new SessionFailure('remoteBusy');
  return new SessionFailure('gateway', status === undefined ? reason : `${reason} ${status}`);
}
