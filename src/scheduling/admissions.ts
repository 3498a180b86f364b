import type { Clock } from '../clock/clock.ts';
import type { SchedulingConfig } from '../config/scheduling.ts';
import type { Logger } from '../log/logger.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { ConferenceDetails } from './conference.ts';
import type { Conferences } from './conferences.ts';
import type { JoinLinks } from './join-links.ts';

export interface AdmissionsOptions {
  readonly config: SchedulingConfig;
  readonly conferences: Conferences;
  readonly links: JoinLinks;
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly issuePeerToken: (roomId: string, peerId: string) => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Who wants to join: by an address, or by a personal link. */
export interface Visitor {
  readonly conference: { readonly id: number } | { readonly number: string };
  readonly email?: string;
  /** Of a personal link. */
  readonly data?: string;
  readonly signature?: string;
  readonly displayName?: string;
}

export interface Admission {
  readonly conference: ConferenceDetails;
  readonly roomId: string;
  readonly peerId: string;
  readonly token: string;
  readonly moderator: boolean;
  readonly displayName: string;
}

/** `from` and `to`: milliseconds since the Unix epoch. */
export type AdmissionRefusal =
  | { readonly reason: 'notFound' | 'notInvited' | 'identityRequired' | 'full' | 'elsewhere' }
  | { readonly reason: 'outsideWindow'; readonly from: number; readonly to: number };

export class AdmissionError extends Error {
  override readonly name = 'AdmissionError';
  readonly refusal: AdmissionRefusal;

  constructor(refusal: AdmissionRefusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

/** Lets people into conferences, whose rooms it makes and deletes: docs/contracts/jitsi-admin.md 5 and 6. */
export class Admissions {
  constructor(options: AdmissionsOptions) {
    void options;
  }

  /** @throws AdmissionError, ShoalError */
  async admit(visitor: Visitor): Promise<Admission> {
    void visitor;
    return await Promise.reject(new Error('to be written'));
  }

  /** Idempotent. */
  async close(): Promise<void> {}
}
