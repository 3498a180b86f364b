import type { ConferenceDetails, User } from './conference.ts';

/** Who wants to join: by an address, or by a personal link. */
export interface Visitor {
  /** Undefined: the one of the personal link. */
  readonly conference: { readonly id: number } | { readonly number: string } | undefined;
  readonly email?: string | undefined;
  /** Of a personal link. */
  readonly data?: string | undefined;
  readonly sig?: string | undefined;
  readonly name?: string | undefined;
  /** An earlier peer of the same device is replaced. Undefined: a new one. */
  readonly device?: string | undefined;
}

/** Somebody who is invited. */
export interface Prospect {
  readonly conference: ConferenceDetails;
  readonly user: User;
  readonly moderator: boolean;
  /** Empty: not known yet. */
  readonly displayName: string;
  /** Whether the conference is on another server. */
  readonly isElsewhere: boolean;
}

/** Somebody who may connect now. */
export interface Admission extends Prospect {
  readonly peerId: string;
  readonly token: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  readonly metadata: { readonly displayName: string; readonly email: string; readonly moderator: boolean };
}

/** Why somebody is not admitted. `from` and `to`: milliseconds since the Unix epoch. */
export type AdmissionRefusal =
  | { readonly reason: 'notFound' | 'notInvited' | 'full' }
  /** It is not known who asks. `emailAdmits`: whether an address would be believed. */
  | { readonly reason: 'identityRequired'; readonly emailAdmits: boolean }
  | { readonly reason: 'outsideWindow'; readonly from: number; readonly to: number; readonly prospect: Prospect };

/** Somebody is not admitted to a conference: docs/contracts/jitsi-admin.md 5. */
export class AdmissionError extends Error {
  override readonly name = 'AdmissionError';
  readonly refusal: AdmissionRefusal;

  constructor(refusal: AdmissionRefusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}
