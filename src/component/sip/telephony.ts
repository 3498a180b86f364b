import type { EventEmitter } from 'node:events';
import type { Room } from '../../room/room.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import type { SipAccount } from './account.ts';
import type { CallDirection, CallEnd, CallEndReason } from './call/call-state.ts';
import type { NegotiatedMedia } from './media/negotiated-media.ts';
import type { PhoneMedia } from './media/phone-media.ts';
import type { SipError, SipErrorCode } from './sip-error.ts';

export type SipRegistrationState = 'registering' | 'registered' | 'failed' | 'closed';

export interface SipRegistrationEvents {
  /** For the first time, or again after a failure. */
  registered: [];
  /** An attempt failed; it is repeated. */
  failed: [SipError];
  /** It will not succeed: `unauthorized`, or 32 s without a first success. Nothing is repeated. Once. */
  refused: [SipError];
}

/** An account that is kept registered. */
export interface SipRegistration {
  readonly observer: EventEmitter<SipRegistrationEvents>;
  readonly state: SipRegistrationState;
  /** Why the last attempt failed. */
  readonly lastError: SipErrorCode | undefined;
  /** Unregisters, for at most 2 s. Idempotent. */
  close(): Promise<void>;
}

export interface SipCallEvents {
  /** 180 or 183. */
  ringing: [];
  /** Both sides agreed; the phone hears the room. Once. */
  answered: [NegotiatedMedia];
  /** Held, resumed or other media after a re-INVITE. `sending` false: held. */
  changed: [NegotiatedMedia];
  /** Once, and nothing after it. */
  ended: [CallEnd];
}

/** One call from its INVITE on. It closes its audio when it ends. */
export interface SipCall {
  readonly observer: EventEmitter<SipCallEvents>;
  readonly direction: CallDirection;
  /** Number or address of the other side, as given or as in From: `+48123456` or `user@host`. */
  readonly party: string;
  /** Its audio. Undefined before it is open. */
  readonly phone: PhoneMedia | undefined;
  /**
   * Ends it with CANCEL or BYE. `ended` follows with this reason, or with `cancelled` for `user_hangup` when it was not answered.
   * Idempotent.
   */
  hangUp(
    reason: Extract<CallEndReason, 'user_hangup' | 'room_without_audio' | 'component_closed' | 'no_answer' | 'failed'>,
  ): void;
  /** As {@link hangUp} with `component_closed`. Resolves when the other side knows, or after 2 s. Idempotent. */
  close(): Promise<void>;
}

export interface OutgoingCallRequest {
  /** Where it comes from, and whose credentials are used. Undefined: without an account, as `sip:shoal@<our address>`. */
  readonly account?: SipAccount;
  /** A number without separators, at the domain of the account, or a SIP URI. */
  readonly target: string;
  /** Of From. */
  readonly displayName?: string;
  /** SIP or SIPS URI through which every request goes (RFC 3261 section 8.1.2). */
  readonly proxy?: string;
  /** Contact in place of our own: a SIP or SIPS URI. */
  readonly contact?: string;
  /** Opens the audio. The call closes it. */
  readonly openMedia: () => Promise<PhoneMedia>;
}

/** What an account does with calls from outside. */
export interface IncomingCalls {
  /** Numbers, `user@host`, `*@host` or `*`. */
  readonly allowedCallers: readonly string[];
  readonly openMedia: () => Promise<PhoneMedia>;
  /** Whether there is a call already: the caller gets 486. */
  busy(): boolean;
  /** Rings, and is answered at once by the call itself. Synchronous: listeners are added here. */
  accepted(call: SipCall): void;
}

export interface RegistrationRequest {
  readonly account: SipAccount;
  /** SIP or SIPS URI through which every request goes (RFC 3261 section 8.1.2). */
  readonly proxy?: string;
  /** Contact in place of our own: a SIP or SIPS URI. */
  readonly contact?: string;
  /** Undefined: calls from outside get 480. */
  readonly incoming?: IncomingCalls;
}

/** What SIP components stand on. */
export interface Telephony {
  /** Starts to register an account. */
  register(request: RegistrationRequest): SipRegistration;
  /**
   * Takes calls to our own address, from anybody whose address the guard permits: for a gateway session without an account. The newest
   * listener has the call. @param contact our URI in place of the own one: a SIP or SIPS URI, whose user is who may be called.
   * Undefined: everybody who is no account
   * @returns a function that ends this. Idempotent
   */
  listen(incoming: IncomingCalls, contact?: string): () => void;
  /** Calls. What goes wrong is its `ended`, never before the next turn of the event loop. */
  call(request: OutgoingCallRequest): SipCall;
  /** Opens the audio of a phone in a room. @throws SipError no_port, closed */
  openMedia(room: Room<RoomRouter>): Promise<PhoneMedia>;
}
