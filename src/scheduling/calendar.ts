import ical, {
  ICalAttendeeRole,
  ICalAttendeeStatus,
  ICalAttendeeType,
  ICalCalendarMethod,
  ICalEventStatus,
} from 'ical-generator';
import { type Announcement, isCancellation, isForModerator } from './announcement.ts';
import type { Mailbox } from './mail/mailbox.ts';

/** An iCalendar object (RFC 5545) that asks a calendar for something (RFC 5546). */
export interface Calendar {
  readonly method: 'REQUEST' | 'CANCEL';
  readonly text: string;
}

/**
 * The calendar of an announcement. All those of a conference are the same event, whatever server it is moved to: the UID is that of the
 * conference. The only attendee is the recipient, who is not told who else is invited.
 */
export function calendarOf(announcement: Announcement): Calendar {
  const cancelled = isCancellation(announcement);
  const method = cancelled ? ICalCalendarMethod.CANCEL : ICalCalendarMethod.REQUEST;
  const { uid, number, name, start, end, at, sequence, joinUrl, type } = announcement;
  const calendar = ical({ prodId: { company: 'Shoal', product: 'Conferences', language: 'DE' }, method });
  // RFC 5546 3.2.5: who is alone removed is not told that the event is cancelled.
  const status = cancelled ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED;
  calendar.createEvent({
    ...{ id: uid, sequence, stamp: new Date(at), start: new Date(start), end: new Date(end) },
    ...{ summary: name || number, description: descriptionOf(announcement) },
    ...(!cancelled && { location: joinUrl, url: joinUrl }),
    ...(type !== 'participant.removed' && { status }),
    organizer: organizerOf(announcement),
    attendees: [attendeeOf(announcement)],
  });
  return { method, text: calendar.toString() };
}

function descriptionOf(announcement: Announcement): string {
  const { joinUrl, moderator, number } = announcement;
  const facts = [
    `Organisiert von / organised by: ${moderator.address}`,
    `Konferenznummer / conference number: ${number}`,
  ];
  return [...(isCancellation(announcement) ? [] : [`Teilnehmen / join: ${joinUrl}`]), ...facts].join('\n');
}

/**
 * The moderator, for whom the sender of the mails writes. In the moderator's own calendar it is the sender: Outlook and Google enter no
 * event of which the recipient is the organizer.
 */
function organizerOf(announcement: Announcement) {
  const { moderator, sender } = announcement;
  if (isForModerator(announcement)) return { email: sender.address, name: commonName(sender) };
  return { email: moderator.address, name: commonName(moderator), sentBy: sender.address };
}

function attendeeOf(announcement: Announcement) {
  const { recipient } = announcement;
  const isModerator = isForModerator(announcement);
  return {
    email: recipient.address,
    name: commonName(recipient),
    role: isModerator ? ICalAttendeeRole.CHAIR : ICalAttendeeRole.REQ,
    type: ICalAttendeeType.INDIVIDUAL,
    // Answers go to the organizer.
    status: isModerator ? ICalAttendeeStatus.ACCEPTED : ICalAttendeeStatus.NEEDSACTION,
    rsvp: !isModerator,
  };
}

/** RFC 5545 3.2: no value of a parameter holds a quotation mark, and none is escaped. */
function commonName({ name, address }: Mailbox): string {
  return (name || address).replace(/["\\^]/g, "'");
}
