import type { ComponentSource } from '../../room/component.ts';
import type { CallDirection, CallEnd, SipCallState } from './call/call-state.ts';
import type { PhoneCodec } from './media/negotiated-media.ts';

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
  /** Whether its sound is encrypted. */
  readonly encrypted?: boolean;
  readonly end?: CallEnd;
}

/** What runs behind a component of type `sip`: docs/contracts/fishjam-rest.md 7. */
export interface SipSource extends ComponentSource {
  /** Calls a number. Returns at once; what goes wrong crashes the component. */
  dial(phoneNumber: string): void;
  /** Ends the call, if there is one. */
  hangUp(): void;
}
