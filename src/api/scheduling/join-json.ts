import type { Admission, Prospect } from '../../scheduling/admission.ts';
import type { ClientUrl } from '../../scheduling/client-url.ts';
import type { JoinLinks } from '../../scheduling/join-links.ts';
import type { JoinAdmitted, JoinConference, JoinElsewhere } from './join-reply.ts';

const iso = (time: number) => new Date(time).toISOString();

export function joinConference({ conference, moderator, displayName }: Prospect): JoinConference {
  const { name, start, end } = conference;
  return { name, start: iso(start), end: iso(end), moderator, display_name: displayName };
}

/** docs/contracts/jitsi-admin.md 6. */
export function joinAdmitted(admission: Admission): JoinAdmitted {
  const { conference, peerId, token, expiresAt, metadata } = admission;
  return {
    error: false,
    ...{ room_id: conference.number, peer_id: peerId, token },
    ...{ server_address: conference.server.address, expires_at: iso(expiresAt) },
    ...joinConference(admission),
    metadata,
  };
}

/** @param way `a`: with the app */
export function elsewhere(
  links: JoinLinks,
  { conference, user, displayName, moderator }: Prospect,
  way: 'a' | 'b',
): JoinElsewhere {
  const participant = { displayName: displayName || user.email, moderator, email: user.email };
  return { error: false, redirect: links.foreign(conference, participant, way === 'a' ? 'jitsi-meet' : 'https') };
}

/** Where somebody goes on who was admitted. @param way `a`: with the app */
export function clientUrls(clientUrl: ClientUrl, { conference, token, metadata }: Admission, way: 'a' | 'b') {
  const values = { server: conference.server.address, room: conference.number, token, name: metadata.displayName };
  return { client_url: clientUrl.of(values), ...(way === 'a' && { app_url: clientUrl.appOf(values) }) };
}
