import type { NegotiatedMedia, PhoneCodec, SrtpKeys, SrtpSuite } from '../media/negotiated-media.ts';
import { SipError } from '../sip-error.ts';
import { type CryptoLine, srtpKeyLength, srtpSuites } from './sdes.ts';
import {
  type AudioFormat,
  type EventFormat,
  type LocalAudio,
  type MediaDirection,
  type MediaSection,
  type RemoteAudio,
  type RemoteDescription,
  readSessionDescription,
  writeSessionDescription,
} from './session-description.ts';

export interface MediaNegotiationOptions {
  /** Our IP literal that the phone sends to. */
  readonly address: string;
  /** Our port for RTP. */
  readonly port: number;
  /** In the order of our offers; at least one. */
  readonly codecs: readonly PhoneCodec[];
  /** Whether media may be sent to an IP address. */
  readonly permits: (address: string) => boolean;
  readonly randomBytes: (size: number) => Buffer;
}

/** Payload types of our offers, where the other side has not given others. */
const offeredTypes: Readonly<Record<PhoneCodec, number>> = { pcma: 8, pcmu: 0, opus: 96 };
/** By clock rate. */
const offeredEvents: Readonly<Record<number, number>> = { 8000: 101, 48000: 102 };

const defaultPacketTime = 20;

/** The answer of each direction when we would send and receive (RFC 3264 section 6.1). */
const answerTo: Readonly<Record<MediaDirection, MediaDirection>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** Our side of the offers and answers of one session (RFC 3264). */
export class MediaNegotiation {
  readonly #options: MediaNegotiationOptions;
  readonly #sessionId: number;
  readonly #keys = new Map<SrtpSuite, string>();
  readonly #types = new Map<PhoneCodec, number>();
  readonly #eventTypes = new Map<number, number>();
  #version = 0;
  #written = '';
  #sections: readonly MediaSection[] = [];
  #section = 0;
  /** Of the session, once there is one. */
  #agreed: { readonly protocol: string; readonly secure: boolean } | undefined;
  #offer: LocalAudio | undefined;

  constructor(options: MediaNegotiationOptions) {
    this.#options = options;
    // below 2^53, and different whenever it is made
    this.#sessionId = options.randomBytes(6).readUIntBE(0, 6);
  }

  /** Whether the answer to an offer of ours is missing. */
  get pending(): boolean {
    return this.#offer !== undefined;
  }

  /**
   * Our offer. A later one than the first keeps the profile of the session.
   * @param secure RTP/SAVP with SDES, else RTP/AVP
   */
  offer(secure: boolean): string {
    const { codecs, port } = this.#options;
    const profile = this.#agreed ?? { protocol: secure ? 'RTP/SAVP' : 'RTP/AVP', secure };
    const rates = codecs.includes('opus') ? [8000, 48_000] : [8000];
    this.#offer = {
      section: this.#section,
      protocol: profile.protocol,
      port,
      rtcpMux: true,
      direction: 'sendrecv',
      formats: codecs.map((codec) => ({ codec, payloadType: this.#typeOf(this.#types, codec, offeredTypes[codec]) })),
      events: rates.map((clockRate) => ({
        clockRate,
        payloadType: this.#typeOf(this.#eventTypes, clockRate, offeredEvents[clockRate]),
      })),
      packetTime: defaultPacketTime,
      crypto: profile.secure
        ? srtpSuites.map((suite, index) => ({ tag: index + 1, suite, key: this.#key(suite) }))
        : [],
    };
    return this.#write(this.#offer, this.#sections.length > 0 ? this.#sections : [sectionOf(this.#offer)]);
  }

  /**
   * Takes the answer to our offer.
   * @throws SipError no_common_codec, refused_address, bad_message; the offer is over then, too
   */
  accept(answer: string): NegotiatedMedia {
    const offer = this.#offer;
    this.#offer = undefined;
    if (!offer) throw new SipError('bad_message', 'an answer without an offer');
    const description = readSessionDescription(answer);
    const audio = this.#usable(description, (line) =>
      offer.crypto.some(({ tag, suite }) => tag === line.tag && suite === line.suite),
    );
    if (offer.crypto.length > 0 && audio.crypto.length === 0) throw new SipError('no_common_codec', 'SRTP refused');
    return this.#agree(audio, offer.crypto.length > 0 ? audio.crypto[0] : undefined, offer);
  }

  /**
   * Answers an offer of the other side.
   * @throws SipError no_common_codec, refused_address, bad_message; the session remains as it was
   */
  answer(offer: string): { readonly body: string; readonly media: NegotiatedMedia } {
    const description = readSessionDescription(offer);
    const audio = this.#usable(description, () => true);
    const [crypto] = audio.crypto;
    if (!crypto && audio.protocol.startsWith('RTP/SAVP')) throw new SipError('no_common_codec', 'no usable key');
    this.#sections = description.sections;
    this.#section = audio.section;
    const media = this.#agree(audio, crypto);
    const answered: LocalAudio = {
      section: audio.section,
      protocol: audio.protocol,
      port: this.#options.port,
      rtcpMux: audio.rtcpMux,
      direction: isHeldByAddress(audio) ? answerTo[sendingOnly(audio.direction)] : answerTo[audio.direction],
      formats: [{ codec: media.codec, payloadType: media.payloadType }],
      events: audio.events.filter(({ clockRate }) => clockRate === media.dtmfClockRate).slice(0, 1),
      packetTime: media.packetTime,
      crypto: media.srtp && crypto ? [{ ...crypto, key: media.srtp.local }] : [],
    };
    return { body: this.#write(answered, description.sections), media };
  }

  /** The audio of a description with the formats and keys that both sides have. */
  #usable({ audio }: RemoteDescription, isOurs: (line: CryptoLine) => boolean): RemoteAudio {
    const { codecs, permits } = this.#options;
    const formats = audio?.formats.filter(({ codec }) => codecs.includes(codec)) ?? [];
    if (!audio || formats.length === 0) throw new SipError('no_common_codec');
    if (!isHeldByAddress(audio) && !permits(audio.address)) throw new SipError('refused_address');
    return { ...audio, formats, crypto: audio.crypto.filter(isOurs) };
  }

  /** @param offer ours, if this is the answer to it */
  #agree(audio: RemoteAudio, crypto: CryptoLine | undefined, offer?: LocalAudio): NegotiatedMedia {
    const [format] = audio.formats as [AudioFormat];
    const event = eventFor(format.codec, audio.events);
    const offered = offer && otherNumbers(offer, format, event);
    this.#types.set(format.codec, format.payloadType);
    if (event) this.#eventTypes.set(event.clockRate, event.payloadType);
    this.#agreed = { protocol: audio.protocol, secure: crypto !== undefined };
    const held = isHeldByAddress(audio);
    const srtp: SrtpKeys | undefined = crypto && {
      suite: crypto.suite,
      local: this.#key(crypto.suite),
      remote: crypto.key,
    };
    return {
      remote: { address: audio.address, port: audio.port },
      rtcpMux: audio.rtcpMux,
      codec: format.codec,
      payloadType: format.payloadType,
      ...(event && { dtmfPayloadType: event.payloadType, dtmfClockRate: event.clockRate }),
      ...(offered && { offered }),
      packetTime: packetTimeOf(format.codec, audio),
      sending: !held && (audio.direction === 'sendrecv' || audio.direction === 'recvonly'),
      receiving: !held && (audio.direction === 'sendrecv' || audio.direction === 'sendonly'),
      ...(srtp && { srtp }),
    };
  }

  /** The version rises with each description that differs from the one before (RFC 3264 section 8). */
  #write(audio: LocalAudio, sections: readonly MediaSection[]): string {
    const { address } = this.#options;
    const write = () =>
      writeSessionDescription({ sessionId: this.#sessionId, version: this.#version, address, sections, audio });
    if (write() !== this.#written) this.#version += 1;
    this.#written = write();
    this.#sections = sections;
    return this.#written;
  }

  /** The same one for the whole session: what is sent goes on when nothing has changed. */
  #key(suite: SrtpSuite): string {
    const key = this.#keys.get(suite) ?? this.#options.randomBytes(srtpKeyLength).toString('base64');
    this.#keys.set(suite, key);
    return key;
  }

  /** A number keeps its meaning for the whole session (RFC 3264 section 8.3.2). */
  #typeOf<Key>(types: Map<Key, number>, key: Key, preferred = 96): number {
    const taken = new Set([...this.#types.values(), ...this.#eventTypes.values()]);
    let free = preferred;
    while (taken.has(free)) free = free === 127 ? 96 : free + 1;
    const type = types.get(key) ?? free;
    types.set(key, type);
    return type;
  }
}

/** The numbers of an offer for what was agreed on, where they are others. */
function otherNumbers(offer: LocalAudio, format: AudioFormat, event: EventFormat | undefined) {
  const voice = offer.formats.find(({ codec }) => codec === format.codec)?.payloadType;
  const keys = offer.events.find(({ clockRate }) => clockRate === event?.clockRate)?.payloadType;
  const offered = {
    ...(voice !== undefined && voice !== format.payloadType && { payloadType: voice }),
    ...(keys !== undefined && keys !== event?.payloadType && { dtmfPayloadType: keys }),
  };
  return Object.keys(offered).length > 0 ? offered : undefined;
}

function sectionOf({ protocol }: LocalAudio): MediaSection {
  return { type: 'audio', protocol, formats: '0' };
}

/** RFC 2543 section B.5, which old phones still do. */
function isHeldByAddress({ address }: RemoteAudio): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** What somebody can do who has no address to receive at. */
function sendingOnly(direction: MediaDirection): MediaDirection {
  return direction === 'sendrecv' || direction === 'sendonly' ? 'sendonly' : 'inactive';
}

/** That with the clock rate of the codec, if there is one (RFC 4733 section 2.1). */
function eventFor(codec: PhoneCodec, events: readonly EventFormat[]): EventFormat | undefined {
  const rate = codec === 'opus' ? 48_000 : 8000;
  return events.find(({ clockRate }) => clockRate === rate) ?? events.find(({ clockRate }) => clockRate === 8000);
}

/** A multiple of 10 ms from 10 to 60; Opus has packets of 10, 20, 40 and 60 ms (RFC 6716 section 2.1.4). */
function packetTimeOf(codec: PhoneCodec, { packetTime = defaultPacketTime, maxPacketTime = 60 }: RemoteAudio): number {
  const wanted = Math.floor(Math.min(packetTime, maxPacketTime, 60) / 10) * 10;
  const time = Math.max(wanted, 10);
  return codec === 'opus' && (time === 30 || time === 50) ? time - 10 : time;
}
