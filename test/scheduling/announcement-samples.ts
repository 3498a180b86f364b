import { Secret } from '../../src/config/secret.ts';
import type { Announcement, ConferenceChange } from '../../src/scheduling/announcement.ts';
import type { ConferenceDetails, User } from '../../src/scheduling/conference.ts';

/** 1 July 2021, 13:00 in Berlin. */
export const sampleStart = Date.UTC(2021, 6, 1, 11);
const minute = 60_000;

/** An invitation, with other values where they matter. */
export function sampleAnnouncement(values: Partial<Announcement> = {}): Announcement {
  return {
    type: 'participant.added',
    at: sampleStart - 60 * minute,
    uid: '57d4d52d3c1f38c28e9f101f031a631f',
    number: '121625130000',
    serverId: 1,
    name: 'Planning',
    start: sampleStart,
    end: sampleStart + 45 * minute,
    timeZone: 'Europe/Berlin',
    sequence: 1,
    moderator: { name: '', address: 'a@example.org' },
    recipient: { name: '', address: 'b@example.org' },
    sender: { name: '', address: 'no-reply@meet.example.org' },
    joinUrl: 'https://meet.example.org/join/meet.example.org?data=dWlk&sig=abc',
    ...values,
  };
}

export function sampleUser(id: number, email: string, values: Partial<User> = {}): User {
  return { id, email, keycloakId: null, timeZone: null, firstName: null, lastName: null, ...values };
}

export function sampleConference(values: Partial<ConferenceDetails> = {}): ConferenceDetails {
  const { uid, number, name, start, end, sequence } = sampleAnnouncement();
  return {
    ...{ id: 7, uid, number, name, start, end, sequence, duration: 45, timeZone: null },
    moderator: sampleUser(1, 'a@example.org'),
    server: {
      ...{ id: 1, url: 'meet.example.org', name: 'Main', slug: 'meet.example.org', users: ['*'] },
      ...{ apiKey: new Secret('TestApi'), appId: '', appSecret: undefined, allowClone: false, default: true },
      address: 'https://meet.example.org',
    },
    ...values,
  };
}

/** An invitation of some people. */
export function sampleChange(emails: readonly string[], values: Partial<ConferenceChange> = {}): ConferenceChange {
  const recipients = emails.map((email, index) => sampleUser(index + 2, email));
  return { type: 'participant.added', conference: sampleConference(), recipients, ...values };
}
