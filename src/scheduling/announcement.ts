import type { Clock } from '../clock/clock.ts';
import type { ConferenceDetails, ConferenceServer, User } from './conference.ts';
import type { JoinLinks } from './join-links.ts';
import type { Mailbox } from './mail/mailbox.ts';
import { oneLine } from './one-line.ts';

/** What backends and participants are told of: docs/contracts/jitsi-admin.md 6. */
export interface ConferenceChange {
  readonly type: 'room.created' | 'room.updated' | 'room.deleted' | 'participant.added' | 'participant.removed';
  /** As it is after the change; of a deleted one, as it was before, with the sequence of its cancellation. */
  readonly conference: ConferenceDetails;
  /** Who gets a message. */
  readonly recipients: readonly User[];
}

/** A change as one person is told of it. It stays what it was at the moment of the change, however late it is delivered. JSON. */
export interface Announcement {
  readonly type: ConferenceChange['type'];
  /** Moment of the change. Like `start` and `end`: milliseconds since the Unix epoch. */
  readonly at: number;
  readonly uid: string;
  readonly number: string;
  readonly serverId: number;
  /** One line. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** In which the recipient reads times. */
  readonly timeZone: string;
  readonly sequence: number;
  readonly moderator: Mailbox;
  readonly recipient: Mailbox;
  readonly sender: Mailbox;
  readonly joinUrl: string;
}

export interface AnnouncementOptions {
  readonly links: Pick<JoinLinks, 'personal'>;
  /** Undefined: `no-reply@` the host of the conference's server. */
  readonly sender: Mailbox | undefined;
  /** Where neither the recipient nor the conference has one. */
  readonly timeZone: string;
  readonly clock: Clock;
}

/** Maximum lengths, in characters. */
const maxName = 200;
const maxPersonName = 100;

/** A change for each of its recipients. */
export function announcementsOf(change: ConferenceChange, options: AnnouncementOptions): Announcement[] {
  const { type, conference, recipients } = change;
  const { uid, number, start, end, sequence, server } = conference;
  const shared = {
    ...{ type, at: options.clock.now(), uid, number, serverId: server.id },
    ...{ name: oneLine(conference.name, maxName), start, end, sequence },
    moderator: mailboxOf(conference.moderator),
    sender: options.sender ?? { name: '', address: `no-reply@${mailHost(server)}` },
  };
  return recipients.map((user) => ({
    ...shared,
    timeZone: user.timeZone ?? conference.timeZone ?? options.timeZone,
    recipient: mailboxOf(user),
    joinUrl: options.links.personal(conference, user),
  }));
}

/** Whether a calendar must forget the conference. */
export function isCancellation({ type }: Pick<Announcement, 'type'>): boolean {
  return type === 'room.deleted' || type === 'participant.removed';
}

/** Whether the recipient is the moderator. */
export function isForModerator({ moderator, recipient }: Pick<Announcement, 'moderator' | 'recipient'>): boolean {
  return moderator.address.toLowerCase() === recipient.address.toLowerCase();
}

function mailboxOf({ email, firstName, lastName }: User): Mailbox {
  return { name: oneLine(`${firstName ?? ''} ${lastName ?? ''}`, maxPersonName), address: email };
}

/** The host of a server's url, or else of its address, as a domain of mail addresses. */
function mailHost({ url, address }: ConferenceServer): string {
  const host = URL.parse(url.includes('://') ? url : `https://${url}`)?.hostname || URL.parse(address)?.hostname;
  if (!host) return 'localhost';
  if (host.startsWith('[')) return `[IPv6:${host.slice(1)}`;
  return /^[\d.]+$/.test(host) ? `[${host}]` : host;
}
