import { randomUUID } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import type { Clock } from '../clock/clock.ts';
import { ShoalError } from '../error/shoal-error.ts';
import { type Admission, AdmissionError, type Prospect, type Visitor } from './admission.ts';
import type { User } from './conference.ts';
import { admittedBefore, type ConferenceRooms } from './conference-rooms.ts';
import { tokenBearer } from './conference-token.ts';
import type { Conferences } from './conferences.ts';
import type { JoinLinks, LinkIdentity } from './join-links.ts';

/** Maximum length of a name, in characters: everybody in the room gets it. */
const maxName = 200;
/** How often somebody is admitted whose conference is changed at the same moment. */
const maxAttempts = 5;

export interface AdmissionsOptions {
  readonly conferences: Conferences;
  readonly links: JoinLinks;
  readonly rooms: ConferenceRooms;
  readonly issuePeerToken: (roomId: string, peerId: string) => string;
  /** Whether a bare address is believed. */
  readonly trustEmail: boolean;
  readonly webrtcUsed: boolean;
  readonly clock: Pick<Clock, 'now'>;
}

/** Lets people into conferences: docs/contracts/jitsi-admin.md 5 and 6. */
export class Admissions {
  readonly #options: AdmissionsOptions;

  constructor(options: AdmissionsOptions) {
    this.#options = options;
  }

  /** For whom the personal link of a visitor is. @returns undefined when there is none that this server signed */
  holderOf({ data, sig }: Visitor): LinkIdentity | undefined {
    const link = data === undefined ? undefined : this.#options.links.read(data, sig);
    return link?.isSigned ? link : undefined;
  }

  /** Finds out whether somebody would be admitted now. @throws AdmissionError @throws ShoalError databaseUnavailable */
  async look(visitor: Visitor): Promise<Prospect> {
    const { conferences, rooms } = this.#options;
    const link = this.#linkOf(visitor);
    const by = visitor.conference ?? (link && { number: link.number });
    if (!by) throw this.#unidentified();
    const conference = await conferences.find(by);
    if (!conference) throw new AdmissionError({ reason: 'notFound' });
    const email = link?.number === conference.number ? link.email : this.#bareEmail(visitor);
    if (email === undefined) throw this.#unidentified();
    const user = await conferences.invited(conference, email);
    if (!user) throw new AdmissionError({ reason: 'notInvited' });
    const moderator = user.id === conference.moderator.id;
    const prospect: Prospect = {
      ...{ conference, user, moderator, displayName: nameOf(visitor.name) || ownName(user) },
      isElsewhere: !rooms.isLocal(conference),
    };
    if (!moderator && !rooms.isLive(conference)) this.#checkTime(prospect);
    return prospect;
  }

  /** @returns the prospect only when the conference is on another server @throws AdmissionError @throws ShoalError */
  async admit(visitor: Visitor): Promise<Admission | Prospect> {
    const { rooms, issuePeerToken, webrtcUsed } = this.#options;
    const device = visitor.device ?? randomUUID();
    for (let attempt = 1; ; attempt += 1) {
      const { version } = rooms;
      const prospect = await this.look(visitor);
      if (prospect.isElsewhere) return prospect;
      if (!webrtcUsed) throw new ShoalError('peersDisabled');
      const { conference, user, moderator } = prospect;
      const metadata = { displayName: prospect.displayName || user.email, email: user.email, moderator };
      const peer = await refusingWhenFull(() => rooms.add(conference, { ...metadata, device, key: String(user.id) }));
      // The conference may have been changed before the peer was in its room.
      if (rooms.version !== version) await rooms.check(conference.number);
      if (!rooms.holds(conference, peer) && attempt < maxAttempts) continue;
      const token = issuePeerToken(conference.number, peer.id);
      return { ...prospect, ...{ metadata, token, peerId: peer.id, expiresAt: expiryOf(token) } };
    }
  }

  /**
   * Where somebody goes on whom another server has sent to a conference of this one: docs/contracts/jitsi-admin.md 5.
   * @param token of the conference @returns undefined when there is none here; `isKnown`: the token says who it is
   */
  async arrival(
    number: string,
    token: string | undefined,
  ): Promise<{ readonly url: string; readonly isKnown: boolean } | undefined> {
    const { conferences, rooms, links } = this.#options;
    const conference = await conferences.find({ number });
    if (!conference || !rooms.isLocal(conference)) return undefined;
    const bearer = token === undefined ? undefined : tokenBearer(conference, token);
    if (!bearer) return { url: `${conference.server.address}/room/join/b/${conference.id}`, isKnown: false };
    const name = encodeURIComponent(bearer.name.toWellFormed());
    return { url: `${links.personal(conference, bearer)}&name=${name}`, isKnown: true };
  }

  /** What a link says of the visitor; undefined when it is not believed. */
  #linkOf({ data, sig }: Visitor) {
    const link = data === undefined ? undefined : this.#options.links.read(data, sig);
    return link && (link.isSigned || this.#options.trustEmail) ? link : undefined;
  }

  #bareEmail({ email }: Visitor): string | undefined {
    const isGiven = email !== undefined && email !== '';
    return isGiven && this.#options.trustEmail ? email : undefined;
  }

  #unidentified(): AdmissionError {
    return new AdmissionError({ reason: 'identityRequired', emailAdmits: this.#options.trustEmail });
  }

  #checkTime(prospect: Prospect): void {
    const { start, end: to } = prospect.conference;
    const from = start - admittedBefore;
    const now = this.#options.clock.now();
    if (now < from || now > to) throw new AdmissionError({ reason: 'outsideWindow', from, to, prospect });
  }
}

function nameOf(given: string | undefined): string {
  return (given ?? '').slice(0, maxName).toWellFormed().trim();
}

function ownName({ firstName, lastName }: User): string {
  return nameOf([firstName, lastName].filter(Boolean).join(' '));
}

/** In ms. */
function expiryOf(token: string): number {
  const { exp = 0 } = jsonwebtoken.decode(token, { json: true }) ?? {};
  return exp * 1000;
}

async function refusingWhenFull<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const isFull = error instanceof ShoalError && ['peerLimitReached', 'serverLimitReached'].includes(error.code);
    throw isFull ? new AdmissionError({ reason: 'full' }) : error;
  }
}
