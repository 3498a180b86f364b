import { type MediaDescription, type SessionDescription, write } from 'sdp-transform';
import { negotiatedExtensions } from './header-extensions.ts';
import type { Direction, OfferSection } from './offer.ts';
import type { OfferCodec } from './offer-codec.ts';
import { negotiatedFeedback } from './rtp-parameters.ts';

/** The server's side of a transport, as written into the SDP answer. */
export interface TransportDescription {
  readonly usernameFragment: string;
  readonly password: string;
  /** SHA-256 fingerprint of the DTLS certificate. */
  readonly fingerprint: string;
  /** `active`: the server starts the DTLS handshake. */
  readonly setup: 'active' | 'passive';
  readonly candidates: readonly Candidate[];
}

export interface Candidate {
  readonly foundation: string;
  readonly priority: number;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
}

/** The answer to one m-line. */
export type SectionAnswer = { readonly section: OfferSection } & (
  | { readonly use: 'receive'; readonly codec: OfferCodec; readonly rids: readonly string[] }
  | { readonly use: 'send'; readonly codec: OfferCodec; readonly stream: SentStream }
  | { readonly use: 'inactive' }
  | { readonly use: 'reject' }
);

/** The stream that the server sends on an m-line. */
export interface SentStream {
  /** A UUID, the id of both the stream and its only track. */
  readonly id: string;
  readonly cname: string;
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
}

/** Start bitrate of publishers, in kbit/s. Without it, browsers behind TURN increase too slowly to ever send the high layer. */
const startBitrate = 1500;

const directions: Record<'receive' | 'send' | 'inactive', Direction> = {
  receive: 'recvonly',
  send: 'sendonly',
  inactive: 'inactive',
};

/**
 * Writes the answer of an ICE-lite server with one BUNDLE group, RFC 8829: m-lines in the order of the offer.
 *
 * @param version incremented with each answer of a session
 */
export function writeAnswer(
  answers: readonly SectionAnswer[],
  transport: TransportDescription,
  origin: { sessionId: string; version: number },
): string {
  const accepted = answers.filter(({ use }) => use !== 'reject');
  const session: SessionDescription = {
    version: 0,
    origin: {
      username: '-',
      sessionId: origin.sessionId as unknown as number,
      sessionVersion: origin.version,
      netType: 'IN',
      ipVer: 4,
      address: '127.0.0.1',
    },
    name: '-',
    timing: { start: 0, stop: 0 },
    icelite: 'ice-lite',
    extmapAllowMixed: 'extmap-allow-mixed',
    msidSemantic: { semantic: 'WMS', token: '*' },
    groups: [{ type: 'BUNDLE', mids: accepted.map(({ section }) => section.mid).join(' ') }],
    media: answers.map((answer) =>
      answer.use === 'reject' ? rejectedMedia(answer.section) : media(answer, transport, answer === accepted[0]),
    ),
  };
  return write(session);
}

function rejectedMedia({ kind, protocol, payloads, mid }: OfferSection): MediaDescription {
  const connection = { version: 4, ip: '0.0.0.0' };
  return { type: kind, port: 0, protocol, payloads, connection, mid, direction: 'inactive', rtp: [], fmtp: [] };
}

type AcceptedAnswer = Exclude<SectionAnswer, { use: 'reject' }>;

function media(answer: AcceptedAnswer, transport: TransportDescription, first: boolean): MediaDescription {
  const { section } = answer;
  const codec = answer.use === 'inactive' ? section.codecs[0] : answer.codec;
  return {
    type: section.kind,
    port: 9,
    protocol: 'UDP/TLS/RTP/SAVPF',
    connection: { version: 4, ip: '0.0.0.0' },
    mid: section.mid,
    iceUfrag: transport.usernameFragment,
    icePwd: transport.password,
    fingerprint: { type: 'sha-256', hash: transport.fingerprint },
    setup: transport.setup,
    direction: directions[answer.use],
    rtcpMux: 'rtcp-mux',
    rtcpRsize: 'rtcp-rsize',
    ext: negotiatedExtensions(section).map(({ uri, id }) => ({ uri, value: id })),
    ...(codec ? codecLines(codec, answer.use === 'receive' && section.kind === 'video') : noCodec),
    ...(answer.use === 'receive' && answer.rids.length > 0 ? simulcastLines(answer.rids) : {}),
    ...(answer.use === 'send' ? streamLines(answer.stream) : {}),
    ...(first ? candidateLines(transport.candidates) : {}),
  };
}

const noCodec = { payloads: '0', rtp: [], fmtp: [] };

function codecLines(codec: OfferCodec, withStartBitrate: boolean): Pick<MediaDescription, 'payloads' | 'rtp' | 'fmtp'> {
  const { payloadType: payload, rtxPayloadType, clockRate: rate, channels } = codec;
  const name = codec.mimeType.slice(codec.mimeType.indexOf('/') + 1);
  const format = [codec.format, withStartBitrate && `x-google-start-bitrate=${startBitrate}`].filter(Boolean).join(';');
  const rtpmap = { payload, codec: name, rate, ...(channels ? { encoding: channels } : {}) };
  const rtx = rtxPayloadType === undefined ? [] : [{ payload: rtxPayloadType, codec: 'rtx', rate }];
  const fmtp = format ? [{ payload, config: format }] : [];
  const rtxFmtp = rtxPayloadType === undefined ? [] : [{ payload: rtxPayloadType, config: `apt=${payload}` }];
  const feedback = negotiatedFeedback(codec).map(({ type, subtype }) => ({
    payload,
    type,
    ...(subtype ? { subtype } : {}),
  }));
  return {
    payloads: rtxPayloadType === undefined ? String(payload) : `${payload} ${rtxPayloadType}`,
    rtp: [rtpmap, ...rtx],
    fmtp: [...fmtp, ...rtxFmtp],
    rtcpFb: feedback,
  } as Pick<MediaDescription, 'payloads' | 'rtp' | 'fmtp'>;
}

/** All layers without the `~` of paused ones: a layer answered with it could not be enabled later. */
function simulcastLines(rids: readonly string[]): Pick<MediaDescription, 'rids' | 'simulcast'> {
  return {
    rids: rids.map((id) => ({ id, direction: 'recv' })),
    simulcast: { dir1: 'recv', list1: rids.join(';') },
  };
}

function streamLines({ id, cname, ssrc, rtxSsrc }: SentStream): Partial<MediaDescription> {
  const ids = rtxSsrc === undefined ? [ssrc] : [ssrc, rtxSsrc];
  return {
    msid: [{ id, appdata: id }],
    ssrcs: ids.map((each) => ({ id: each, attribute: 'cname', value: cname })),
    ...(rtxSsrc === undefined ? {} : { ssrcGroups: [{ semantics: 'FID', ssrcs: ids.join(' ') }] }),
  } as Partial<MediaDescription>;
}

function candidateLines(candidates: readonly Candidate[]): Partial<MediaDescription> {
  return {
    candidates: candidates.map(({ foundation, priority, address, port, protocol }) => ({
      foundation,
      component: 1,
      transport: protocol,
      priority,
      ip: address,
      port,
      type: 'host',
      ...(protocol === 'tcp' ? { tcptype: 'passive' } : {}),
    })),
    endOfCandidates: 'end-of-candidates',
  };
}
