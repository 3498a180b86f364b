import type { Conference } from '../../scheduling/conference.ts';
import { printDate } from '../../scheduling/dates.ts';

interface View {
  /** Host of the request, with its port when it has one. */
  readonly host: string | undefined;
  readonly protocol: string;
  /** Of the dates. */
  readonly timeZone: string;
}

/** docs/contracts/jitsi-admin.md 3.6. */
export function conferenceJson(conference: Conference, view: View): object {
  const { id, name, start, end, duration, moderator, participants, server } = conference;
  const origin = originOf(server.address, view);
  return {
    timeZone: conference.timeZone ?? moderator.timeZone,
    error: false,
    teilnehmer: participants.map(({ email }) => email),
    start: printDate(start, view.timeZone),
    end: printDate(end, view.timeZone),
    duration,
    name,
    moderator: moderator.email,
    server: server.url,
    joinBrowser: `${origin}/room/join/b/${id}`,
    joinApp: `${origin}/room/join/a/${id}`,
  };
}

/** Names, IPv4 addresses, IPv6 addresses in brackets; each with a port or without. */
const hostForm = /^(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** The host of the request. Behind a proxy only the configured address knows whether the outside has TLS. */
function originOf(address: string, { host, protocol }: View): string {
  if (host === undefined || !hostForm.test(host) || !URL.canParse(`${protocol}://${host}`)) return address;
  return URL.parse(address)?.host === host.toLowerCase() ? address : `${protocol}://${host}`;
}
