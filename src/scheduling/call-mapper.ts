import { AdmissionError } from './admission.ts';
import type { ConferenceDetails, Given } from './conference.ts';
import { admittedBefore, type ConferenceRooms } from './conference-rooms.ts';
import { conferenceToken } from './conference-token.ts';
import type { Conferences } from './conferences.ts';
import type { Servers } from './servers.ts';

/** Maximum length of what identifies a caller, in characters. */
const maxCaller = 200;

export interface CallMapperOptions {
  readonly conferences: Conferences;
  readonly servers: Servers;
  readonly rooms: ConferenceRooms;
  readonly issuePeerToken: (roomId: string, peerId: string) => string;
  readonly now: () => number;
}

/** Where a call goes, or why it does not. */
export type MappedCall =
  | { readonly refused: 'notFound' | 'denied' | 'notStarted' }
  | { readonly refused?: never; readonly token: string; readonly roomName: string; readonly displayName: string };

/** Tells gateways of telephones into which room a caller comes who has dialled the number of a conference: docs/contracts/jitsi-admin.md 9. */
export class CallMapper {
  readonly #options: CallMapperOptions;

  constructor(options: CallMapperOptions) {
    this.#options = options;
  }

  /** @param number of the conference @param caller what identifies the caller, such as a telephone number @throws ShoalError */
  async map(key: Given, number: Given, caller: Given): Promise<MappedCall> {
    const { conferences, servers, rooms } = this.#options;
    const conference = number === undefined ? undefined : await conferences.find({ number });
    if (!conference) return { refused: 'notFound' };
    const allowed = await servers.ofKey(key);
    if (!allowed.some(({ id }) => id === conference.server.id)) return { refused: 'denied' };
    if (!this.#hasStarted(conference)) return { refused: 'notStarted' };
    // The gateway may add a telephone to the room, before anybody else is in it.
    if (rooms.isLocal(conference)) await rooms.open(conference);
    const displayName = await this.#nameOf(conference, (caller ?? '').slice(0, maxCaller).toWellFormed());
    const token =
      conferenceToken(conference, { displayName, moderator: false }) ??
      (await this.#peerToken(conference, displayName));
    return { token, roomName: conference.number, displayName };
  }

  #hasStarted(conference: ConferenceDetails): boolean {
    const { rooms, now } = this.#options;
    const { start, end } = conference;
    return rooms.isLive(conference) || (now() >= start - admittedBefore && now() <= end);
  }

  /** The name of a user whose address the gateway knows, else what it knows. */
  async #nameOf(conference: ConferenceDetails, caller: string): Promise<string> {
    const user = caller.includes('@') ? await this.#options.conferences.invited(conference, caller) : undefined;
    return [user?.firstName, user?.lastName].filter(Boolean).join(' ') || caller;
  }

  /** For a gateway that connects as a peer. Empty: the server of the conference is another one, which takes no tokens, or is full. */
  async #peerToken(conference: ConferenceDetails, displayName: string): Promise<string> {
    const { rooms, issuePeerToken } = this.#options;
    if (!rooms.isLocal(conference)) return '';
    try {
      const caller = { key: `caller ${displayName}`, device: 'telephone', email: '', displayName, moderator: false };
      return issuePeerToken(conference.number, (await rooms.add(conference, caller)).id);
    } catch (error) {
      if (error instanceof AdmissionError) return '';
      throw error;
    }
  }
}
