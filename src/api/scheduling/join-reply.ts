/*
 * What a page is told that lets somebody join: JSON of `POST <address>`, which joins, and of `POST <address>/state`, which only looks and may
 * be asked often. The address is the one of the page, without `/state`: `/room/join/{b|a}/{id}` or `/join/{slug}`. Both take a form with
 * `data` and `sig` (of a personal link), or `email`, and of `/join/{slug}` without `data` also `number`; joining takes `name` and `device`.
 */

/** `identityRequired`: it is not known who asks, or only a personal link would be believed. `unavailable`: to be tried again later. */
export type JoinRefusalReason =
  | 'notFound'
  | 'notInvited'
  | 'identityRequired'
  | 'outsideWindow'
  | 'full'
  | 'tooManyRequests'
  | 'unavailable';

/** A conference, as its participants may know it. Dates: ISO 8601 with `Z`. */
export interface JoinConference {
  readonly name: string;
  readonly start: string;
  readonly end: string;
  /** Whether it is the moderator who asks. */
  readonly moderator: boolean;
  /** Of who asks; empty: not known yet. */
  readonly display_name: string;
}

/** 200 of `POST <address>`: docs/contracts/jitsi-admin.md 6. */
export interface JoinAdmitted extends JoinConference {
  readonly error: false;
  readonly room_id: string;
  readonly peer_id: string;
  readonly token: string;
  readonly server_address: string;
  readonly expires_at: string;
  /** What the client says of itself to the others. */
  readonly metadata: { readonly displayName: string; readonly email: string; readonly moderator: boolean };
  /** Where the browser goes on instead: `JITSI_ADMIN_CLIENT_URL`. */
  readonly client_url?: string;
  /** Opens an app: only of `/room/join/a/{id}`. */
  readonly app_url?: string;
}

/** 200 of both: the conference is on another server, where the browser goes on. */
export interface JoinElsewhere {
  readonly error: false;
  readonly redirect: string;
}

/** 200 of `POST <address>/state`: who asks would be admitted now. */
export interface JoinOpen extends JoinConference {
  readonly error: false;
}

/** Of both: 403, 404, 429 or 503. */
export interface JoinRefused {
  readonly error: true;
  readonly text: string;
  readonly reason: JoinRefusalReason;
  /** Of `outsideWindow`: since when and until when everybody who is invited is admitted, ISO 8601 with `Z`. */
  readonly from?: string;
  readonly to?: string;
  /** Of `outsideWindow`, whose asker is known to be invited. */
  readonly conference?: JoinConference;
  /** Of `identityRequired`: false when only a personal link is believed. */
  readonly email_admits?: boolean;
}

export type JoinReply = JoinAdmitted | JoinElsewhere | JoinRefused;
export type JoinState = JoinOpen | JoinElsewhere | JoinRefused;
