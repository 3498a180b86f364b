import { type MediaDescription, parse, type SessionDescription } from 'sdp-transform';
import { type OfferCodec, offerCodecs } from './offer-codec.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One m-line of a client's offer. */
export interface OfferSection {
  readonly mid: string;
  readonly kind: 'audio' | 'video' | 'application';
  /** Protocol and formats as offered, for m-lines that are rejected. */
  readonly protocol: string;
  readonly payloads: string;
  readonly direction: Direction;
  /** Whether the client has rejected or stopped this m-line. */
  readonly rejected: boolean;
  /** In order of preference. */
  readonly codecs: readonly OfferCodec[];
  /** Header extension ids (one-byte form only) by URI. */
  readonly extensions: ReadonlyMap<string, number>;
  /** Simulcast layers that the client sends, in the order of the offer. */
  readonly rids: readonly string[];
  /** Those of them that are paused. */
  readonly inactiveRids: readonly string[];
  readonly ssrc: number | undefined;
  readonly rtxSsrc: number | undefined;
  readonly cname: string | undefined;
}

/** The parts of a client's offer that an ICE-lite answerer with one BUNDLE group needs. */
export interface Offer {
  readonly sections: readonly OfferSection[];
  /** Changes when the client restarts ICE. */
  readonly usernameFragment: string;
  readonly fingerprint: { readonly algorithm: FingerprintAlgorithm; readonly value: string };
  /** Whether the client waits for the server to start the DTLS handshake (`a=setup:passive`). */
  readonly passive: boolean;
}

type FingerprintAlgorithm = 'sha-1' | 'sha-224' | 'sha-256' | 'sha-384' | 'sha-512';

const fingerprintAlgorithms: readonly string[] = ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'];

/** Maximum number of m-lines in an offer: those of a room with 500 senders of audio and video. */
const maxSections = 1000;
/** Maximum number of lines and characters of an offer, which holds the event loop while it is parsed: those of 200 senders of audio and video. */
const maxLines = 40_000;
const maxLength = 2_000_000;
/** Lines that are read; the parser takes longest for those that it does not know. */
const readLines =
  /^(?:[^a]=|a=(?:mid|rtpmap|fmtp|rtcp-fb|extmap|rid|simulcast|ssrc|ssrc-group|ice-ufrag|fingerprint|setup|bundle-only|sendrecv|sendonly|recvonly|inactive)(?::|\s|$))/;
/** Maximum header extension id of the one-byte form, RFC 8285 section 4.2. */
const maxExtensionId = 14;
/** Maximum number of simulcast layers of an m-line. */
const maxRids = 8;

/** An SDP offer that cannot be answered; the peer that sent it crashes. */
export class InvalidOfferError extends Error {
  override readonly name = 'InvalidOfferError';
}

/** Parses an SDP offer. @throws InvalidOfferError */
export function parseOffer(sdp: string): Offer {
  const session = parseSession(sdp);
  if (session.media.length === 0 || session.media.length > maxSections) {
    throw new InvalidOfferError(`The offer has ${session.media.length} media sections.`);
  }
  const sections = session.media.map(parseSection);
  if (new Set(sections.map(({ mid }) => mid)).size < sections.length)
    throw new InvalidOfferError('A mid is used twice.');
  const passive = transportAttribute(session, 'setup') === 'passive';
  return { sections, usernameFragment: usernameFragment(session), fingerprint: fingerprint(session), passive };
}

function parseSession(sdp: string): SessionDescription {
  if (sdp.length > maxLength) throw new InvalidOfferError('The offer is too long.');
  const lines = sdp.split(/\r\n|\r|\n/, maxLines + 1);
  if (lines.length > maxLines) throw new InvalidOfferError('The offer has too many lines.');
  try {
    return parse(lines.filter((line) => readLines.test(line)).join('\r\n'));
  } catch (error) {
    throw new InvalidOfferError('The offer is not SDP.', { cause: error });
  }
}

function parseSection(media: MediaDescription): OfferSection {
  const { type, mid } = media;
  if (type !== 'audio' && type !== 'video' && type !== 'application') {
    throw new InvalidOfferError('The offer has a media section of an unknown kind.');
  }
  if (mid === undefined || !/^[\w!#$%&'*+.^`{|}~-]{1,32}$/.test(String(mid))) {
    throw new InvalidOfferError('A media section has no usable mid.');
  }
  return {
    mid: String(mid),
    kind: type,
    protocol: media.protocol,
    payloads: String(media.payloads ?? ''),
    direction: (media.direction as Direction | undefined) ?? 'sendrecv',
    rejected: isRejected(media),
    codecs: type === 'application' ? [] : offerCodecs(media),
    extensions: extensions(media),
    ...simulcast(media),
    ...streams(media),
  };
}

function extensions(media: MediaDescription): Map<string, number> {
  const usable = (media.ext ?? []).filter(({ value }) => value >= 1 && value <= maxExtensionId);
  return new Map(usable.map(({ uri, value }) => [String(uri), value]));
}

function simulcast(media: MediaDescription): Pick<OfferSection, 'rids' | 'inactiveRids'> {
  const rids = (media.rids ?? [])
    .filter(({ direction }) => direction === 'send')
    .map(({ id }) => String(id))
    .slice(0, maxRids);
  const list = media.simulcast?.dir1 === 'send' ? media.simulcast.list1 : (media.simulcast?.list2 ?? '');
  const inactiveRids = rids.filter((rid) => String(list).split(/[;,]/).includes(`~${rid}`));
  return { rids: media.simulcast ? rids : [], inactiveRids };
}

function streams(media: MediaDescription): Pick<OfferSection, 'ssrc' | 'rtxSsrc' | 'cname'> {
  const group = media.ssrcGroups?.find(({ semantics }) => semantics === 'FID');
  const [groupMedia, groupRtx] = group ? String(group.ssrcs).split(' ').map(Number) : [];
  const ssrc = groupMedia ?? (media.ssrcs?.[0]?.id === undefined ? undefined : Number(media.ssrcs[0].id));
  const cname = media.ssrcs?.find(({ attribute }) => attribute === 'cname')?.value;
  return { ssrc: validSsrc(ssrc), rtxSsrc: validSsrc(groupRtx), cname: cname === undefined ? cname : String(cname) };
}

function validSsrc(ssrc: number | undefined): number | undefined {
  return ssrc !== undefined && Number.isInteger(ssrc) && ssrc > 0 && ssrc < 2 ** 32 ? ssrc : undefined;
}

/** The first that has the attribute: the session, m-lines that are in use, others. A rejected m-line keeps what is not valid any more. */
function transportAttribute<K extends 'iceUfrag' | 'setup' | 'fingerprint'>(session: SessionDescription, name: K) {
  const used = session.media.filter((media) => !isRejected(media));
  return [session, ...used, ...session.media].find((part) => part[name] !== undefined)?.[name];
}

function usernameFragment(session: SessionDescription): string {
  const ufrag = transportAttribute(session, 'iceUfrag');
  if (ufrag === undefined) throw new InvalidOfferError('The offer has no ICE username fragment.');
  return String(ufrag);
}

function fingerprint(session: SessionDescription): Offer['fingerprint'] {
  const found = transportAttribute(session, 'fingerprint');
  const algorithm = found && String(found.type).toLowerCase();
  if (!found || !algorithm || !fingerprintAlgorithms.includes(algorithm)) {
    throw new InvalidOfferError('The offer has no usable DTLS fingerprint.');
  }
  return { algorithm: algorithm as FingerprintAlgorithm, value: String(found.hash).toUpperCase() };
}

function isRejected(media: MediaDescription): boolean {
  return media.port === 0 && !('bundleOnly' in media);
}
