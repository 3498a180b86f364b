import { type Announcement, isForModerator } from '../announcement.ts';
import { calendarOf } from '../calendar.ts';
import { invitationOf } from './invitation.ts';
import type { Mail } from './mail-server.ts';

/** An announcement as a mail. @param id of the message, the same at every attempt */
export function announcementMail(id: string, announcement: Announcement): Mail {
  const { sender, recipient, moderator, at } = announcement;
  return {
    messageId: `${id}@${sender.address.slice(sender.address.lastIndexOf('@') + 1)}`,
    date: at,
    from: sender,
    to: recipient,
    replyTo: isForModerator(announcement) ? undefined : moderator,
    ...invitationOf(announcement),
    calendar: calendarOf(announcement),
  };
}
