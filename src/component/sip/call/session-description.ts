import { isIP } from 'node:net';
import { type MediaDescription, type SessionDescription, write } from 'sdp-transform';
import { readDescription } from '../../sdp/bounded-description.ts';
import { type PayloadFormat, parametersOf, payloadFormatOf, payloadTypes } from '../../sdp/payload-format.ts';
import type { PhoneCodec } from '../media/negotiated-media.ts';
import { SipError } from '../sip-error.ts';
import { type CryptoLine, cryptoAttribute, usableCryptoLines } from './sdes.ts';

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** An audio format with its payload type. */
export interface AudioFormat {
  readonly codec: PhoneCodec;
  readonly payloadType: number;
}

/** telephone-event (RFC 4733). */
export interface EventFormat {
  readonly payloadType: number;
  /** In Hz. */
  readonly clockRate: number;
}

/** A media section. In a refused one the port is 0. */
export interface MediaSection {
  readonly type: string;
  readonly protocol: string;
  /** Space-separated; at least one. */
  readonly formats: string;
}

/** The audio of the other side. */
export interface RemoteAudio {
  /** Its place among the media sections. */
  readonly section: number;
  readonly protocol: string;
  /** IP literal; `0.0.0.0` or `::` on hold in the way of RFC 2543. */
  readonly address: string;
  readonly port: number;
  readonly rtcpMux: boolean;
  readonly direction: MediaDirection;
  /** Those that we know, in the order of the other side. */
  readonly formats: readonly AudioFormat[];
  readonly events: readonly EventFormat[];
  /** Duration of the packets that it wants, in ms. */
  readonly packetTime?: number;
  readonly maxPacketTime?: number;
  readonly crypto: readonly CryptoLine[];
}

/** What offer or answer of the other side says. */
export interface RemoteDescription {
  /** All of them: an answer has as many. */
  readonly sections: readonly MediaSection[];
  /** The first audio over RTP that is not refused; undefined when there is none. */
  readonly audio?: RemoteAudio;
}

/** What we say. */
export interface LocalDescription {
  readonly sessionId: number;
  readonly version: number;
  /** Our IP literal. */
  readonly address: string;
  readonly sections: readonly MediaSection[];
  /** Undefined: all sections are refused. */
  readonly audio?: LocalAudio;
}

export interface LocalAudio {
  readonly section: number;
  readonly protocol: string;
  readonly port: number;
  readonly rtcpMux: boolean;
  readonly direction: MediaDirection;
  readonly formats: readonly AudioFormat[];
  readonly events: readonly EventFormat[];
  /** In ms. */
  readonly packetTime: number;
  readonly crypto: readonly CryptoLine[];
}

const limits = { sections: 16, lines: 500, line: 4096 };

/** Profiles that we take: AVPF differs in when RTCP may be sent, and answers to it may leave feedback away (RFC 4585 section 3.6.2). */
const protocols = /^RTP\/S?AVPF?$/;

const formatNames: Readonly<Record<PhoneCodec, PayloadFormat>> = {
  pcma: { codec: 'PCMA', rate: 8000, channels: 1 },
  pcmu: { codec: 'PCMU', rate: 8000, channels: 1 },
  opus: { codec: 'opus', rate: 48_000, channels: 2 },
};

/**
 * Reads an offer or answer of SIP (RFC 3264). Time in proportion to its length.
 * @throws SipError bad_message when it is none, or has more than 16 media sections, 500 lines or 4096 characters in a line
 */
export function readSessionDescription(text: string): RemoteDescription {
  const description = readDescription(text, limits);
  if (!description || description.truncated) throw new SipError('bad_message');
  const { session, media } = description;
  if (media.length === 0) throw new SipError('bad_message', 'no media section');
  const sections = media.map(toSection);
  const audio = media.flatMap((each, index) => toAudio(each, index, session) ?? [])[0];
  return { sections, ...(audio && { audio }) };
}

/** Writes an offer or answer. */
export function writeSessionDescription(local: LocalDescription): string {
  const { sessionId, version, address, sections, audio } = local;
  const ipVer = isIP(address);
  const session = {
    version: 0,
    origin: { username: '-', sessionId, sessionVersion: version, netType: 'IN', ipVer, address },
    name: '-',
    connection: { version: ipVer, ip: address },
    timing: { start: 0, stop: 0 },
    media: sections.map((section, index) => (audio?.section === index ? audioMedia(audio) : refusedMedia(section))),
  };
  return write(session as unknown as SessionDescription);
}

function audioMedia({ protocol, port, direction, formats, events, packetTime, rtcpMux, crypto }: LocalAudio): object {
  const rtp = formats.map(({ codec, payloadType }) => {
    const { codec: name, rate, channels } = formatNames[codec];
    return { payload: payloadType, codec: name, rate, ...(channels > 1 && { encoding: channels }) };
  });
  const opus = formats.filter(({ codec }) => codec === 'opus');
  return {
    type: 'audio',
    port,
    protocol,
    payloads: [...formats, ...events].map(({ payloadType }) => payloadType).join(' '),
    rtp: [
      ...rtp,
      ...events.map(({ payloadType, clockRate }) => ({
        payload: payloadType,
        codec: 'telephone-event',
        rate: clockRate,
      })),
    ],
    fmtp: [
      ...opus.map(({ payloadType }) => ({ payload: payloadType, config: 'useinbandfec=1;maxaveragebitrate=32000' })),
      ...events.map(({ payloadType }) => ({ payload: payloadType, config: '0-16' })),
    ],
    ptime: packetTime,
    ...(rtcpMux && { rtcpMux: 'rtcp-mux' }),
    direction,
    ...(crypto.length > 0 && { crypto: crypto.map(cryptoAttribute) }),
  };
}

function refusedMedia({ type, protocol, formats }: MediaSection): object {
  const [payloads = '0'] = formats.split(' ');
  return { type, port: 0, protocol, payloads, rtp: [], fmtp: [] };
}

/** Types and protocols of other characters than the grammar's are not repeated: the other side refuses its section anyway. */
function toSection(media: MediaDescription & { type?: unknown; protocol?: unknown; payloads?: unknown }): MediaSection {
  const token = (value: unknown, otherwise: string) => {
    const text = String(value ?? '');
    return /^[\w!#$%&'*+./-]{1,64}$/.test(text) ? text : otherwise;
  };
  const [format] = String(media.payloads ?? '').split(' ');
  return { type: token(media.type, 'audio'), protocol: token(media.protocol, 'RTP/AVP'), formats: token(format, '0') };
}

type Attributes = Readonly<Record<string, unknown>>;

/** Undefined when the section is none that we can use, or refused. */
function toAudio(media: MediaDescription, section: number, session: Attributes): RemoteAudio | undefined {
  const attributes = media as unknown as Attributes;
  const protocol = String(attributes.protocol ?? '').toUpperCase();
  const port = Number(attributes.port);
  const address = addressOf(attributes) ?? addressOf(session);
  if (attributes.type !== 'audio' || !protocols.test(protocol) || address === undefined) return undefined;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  const { formats, events } = formatsOf(media);
  const packetTime = durationOf(attributes.ptime);
  const maxPacketTime = durationOf(attributes.maxptime);
  return {
    section,
    protocol,
    address,
    port,
    rtcpMux: attributes.rtcpMux !== undefined,
    direction: (attributes.direction ?? session.direction ?? 'sendrecv') as MediaDirection,
    formats,
    events,
    ...(packetTime !== undefined && { packetTime }),
    ...(maxPacketTime !== undefined && { maxPacketTime }),
    crypto: usableCryptoLines((attributes.crypto as object[] | undefined) ?? []),
  };
}

function addressOf({ connection }: Attributes): string | undefined {
  const { ip } = (connection ?? {}) as { ip?: unknown };
  const address = String(ip ?? '');
  return isIP(address) > 0 ? address : undefined;
}

function formatsOf(media: MediaDescription): Pick<RemoteAudio, 'formats' | 'events'> {
  const formats: AudioFormat[] = [];
  const events: EventFormat[] = [];
  for (const payloadType of payloadTypes(media)) {
    const format = payloadFormatOf(media, payloadType);
    const codec = format && codecOf(format);
    if (codec) formats.push({ codec, payloadType });
    if (format && /^telephone-event$/i.test(format.codec) && takesDigits(media, payloadType)) {
      events.push({ payloadType, clockRate: format.rate });
    }
  }
  return { formats, events };
}

function codecOf({ codec, rate, channels }: PayloadFormat): PhoneCodec | undefined {
  const all = Object.entries(formatNames) as [PhoneCodec, PayloadFormat][];
  const found = all.find(([, format]) => format.codec.toLowerCase() === codec.toLowerCase() && format.rate === rate);
  return found && found[1].channels === channels ? found[0] : undefined;
}

/** Without a list of events it is 0 to 15 (RFC 4733 section 2.4.1); one that begins elsewhere is not for keys. */
function takesDigits(media: MediaDescription, payloadType: number): boolean {
  const [first] = parametersOf(media, payloadType).keys();
  return first === undefined || first === '' || /^0[-,]/.test(first);
}

function durationOf(value: unknown): number | undefined {
  const duration = Number(value);
  return value !== '' && duration > 0 && duration <= 1000 ? duration : undefined;
}
