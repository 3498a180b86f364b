import type { ComponentSource } from '../../room/component.ts';
import type { CallDirection, CallEnd, SipCallState } from './call/call-state.ts';
import type { PhoneCodec } from './media/negotiated-media.ts';
import type { SipErrorCode } from './sip-error.ts';
import type { SipRegistrationState } from './telephony.ts';

export interface SipRegistrationStatus {
  readonly state: SipRegistrationState;
  /** Why the last attempt failed. */
  readonly error: SipErrorCode | undefined;
}

/** What is known of a call of a SIP component. */
export interface SipCallStatus {
  readonly id: string;
  readonly componentId: string;
  readonly direction: CallDirection;
  /** Number or address of the other side, as given. */
  readonly party: string;
  readonly state: SipCallState;
  /** Time since it was answered, until its end, in ms; undefined before. */
  readonly durationMs?: number;
  readonly codec?: PhoneCodec;
  /** Whether its audio is encrypted. */
  readonly encrypted?: boolean;
  readonly end?: CallEnd;
}

/** What runs behind a component of type `sip`: docs/contracts/fishjam-rest.md 7. */
export interface SipSource extends ComponentSource {
  /** Calls a number. Returns at once; what goes wrong crashes the component. */
  dial(phoneNumber: string): void;
  /** Ends the call, if there is one. */
  hangUp(): void;
  /** Undefined: it has no account. */
  readonly registration: SipRegistrationStatus | undefined;
  /** The call that goes on. */
  readonly call: SipCallStatus | undefined;
  /**
   * Sends keys to the phone, one after the other. Returns at once.
   * @param digits of `0-9*#ABCD` @param durationMs of each
   * @throws ShoalError noCall, dtmfUnsupported
   */
  sendDtmf(digits: string, durationMs: number): void;
}
