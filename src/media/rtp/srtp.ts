import { createHmac, timingSafeEqual } from 'node:crypto';
import { ReplayWindow } from './replay-window.ts';
import { sequenceDistance } from './rtp-packet.ts';
import { deriveSrtpKeys, type SrtpMaster, type SrtpSessionKeys } from './srtp-keys.ts';

/** Maximum number of sources of one sender: one more takes the place of the one that was heard first. */
const maxSources = 64;
/** Of the index of RTCP: it must not wrap (RFC 3711 section 9.2). */
const maxRtcpIndex = 2 ** 31 - 1;
/** Of roll-over counter and sequence number together. */
const maxRtpIndex = 2 ** 48 - 1;
/** Header of an RTCP packet with its SSRC. */
const rtcpHeader = 8;
/** SRTCP: flag of encryption and index. */
const rtcpIndexLength = 4;
const encryptedFlag = 0x8000_0000;

/** Encrypts and authenticates RTP and RTCP of one sender (RFC 3711, AES counter mode and HMAC-SHA1). */
export class SrtpSender {
  readonly #rtp: SrtpSessionKeys;
  readonly #rtcp: SrtpSessionKeys;
  /** The last index of each source. */
  readonly #indices = new Map<number, number>();
  #rtcpIndex = 0;

  /** @throws RangeError when the key is not 30 bytes long */
  constructor(master: SrtpMaster) {
    ({ rtp: this.#rtp, rtcp: this.#rtcp } = deriveSrtpKeys(master));
  }

  /**
   * @param packet a whole RTP packet. Sequence numbers of a source rise: none is used twice
   * @throws Error when one is, or when it is no RTP
   */
  rtp(packet: Buffer): Buffer {
    const ssrc = packet.readUInt32BE(8);
    const last = this.#indices.get(ssrc);
    const index = last === undefined ? packet.readUInt16BE(2) : estimateIndex(last, packet.readUInt16BE(2));
    const start = payloadStart(packet);
    if (start === undefined || index <= (last ?? -1) || index > maxRtpIndex) throw new Error('SRTP index is used up');
    this.#indices.set(ssrc, index);
    const body = this.#rtp.encryption.apply(counterStart(this.#rtp.salt, ssrc, index), packet.subarray(start));
    const sealed = Buffer.concat([packet.subarray(0, start), body, Buffer.alloc(this.#rtp.tagLength)]);
    const signed = sealed.subarray(0, packet.length);
    tagOf(this.#rtp, signed, rollOver(index)).copy(sealed, packet.length, 0, this.#rtp.tagLength);
    return sealed;
  }

  /** @param compound a whole RTCP packet @throws Error when the key is used up */
  rtcp(compound: Buffer): Buffer {
    if (this.#rtcpIndex >= maxRtcpIndex) throw new Error('SRTP index is used up');
    this.#rtcpIndex += 1;
    const index = this.#rtcpIndex;
    const ssrc = compound.readUInt32BE(4);
    const start = counterStart(this.#rtcp.salt, ssrc, index);
    const body = this.#rtcp.encryption.apply(start, compound.subarray(rtcpHeader));
    const trailer = Buffer.alloc(rtcpIndexLength);
    trailer.writeUInt32BE(encryptedFlag + index);
    const signed = Buffer.concat([compound.subarray(0, rtcpHeader), body, trailer]);
    return Buffer.concat([signed, tagOf(this.#rtcp, signed).subarray(0, this.#rtcp.tagLength)]);
  }
}

/** Checks and decrypts RTP and RTCP of one sender. Nothing of a packet is believed before its tag is right. */
export class SrtpReceiver {
  readonly #rtp: SrtpSessionKeys;
  readonly #rtcp: SrtpSessionKeys;
  readonly #sources = new Map<number, ReplayWindow>();
  readonly #rtcpSources = new Map<number, ReplayWindow>();

  /** Of the first packet of all. */
  readonly #maxRollOver: number;

  /**
   * @param maxRollOver how often the sequence numbers may have wrapped before the first packet: 0 for a sender that begins
   * @throws RangeError when the key is not 30 bytes long
   */
  constructor(master: SrtpMaster, maxRollOver = 0) {
    ({ rtp: this.#rtp, rtcp: this.#rtcp } = deriveSrtpKeys(master));
    this.#maxRollOver = maxRollOver;
  }

  /** The RTP packet in it; undefined when it is forged, repeated or too late. */
  rtp(sealed: Buffer): Buffer | undefined {
    const end = sealed.length - this.#rtp.tagLength;
    const signed = sealed.subarray(0, Math.max(end, 0));
    const start = payloadStart(signed);
    if (start === undefined) return undefined;
    const ssrc = signed.readUInt32BE(8);
    const index = this.#indexOf(signed, ssrc, sealed.subarray(end));
    if (index === undefined) return undefined;
    takeInto(this.#sources, ssrc, index);
    const body = this.#rtp.encryption.apply(counterStart(this.#rtp.salt, ssrc, index), signed.subarray(start));
    return Buffer.concat([signed.subarray(0, start), body]);
  }

  /** The index of an authentic packet that has not come yet. */
  #indexOf(signed: Buffer, ssrc: number, tag: Buffer): number | undefined {
    const window = this.#sources.get(ssrc);
    const number = signed.readUInt16BE(2);
    const index = window ? estimateIndex(window.highest, number) : number;
    if (index < 0 || window?.isNew(index) === false) return undefined;
    const wraps = this.#sources.size === 0 ? this.#maxRollOver : 0;
    for (let each = index; each <= index + wraps * 0x1_0000; each += 0x1_0000) {
      if (isAuthentic(tagOf(this.#rtp, signed, rollOver(each)), tag)) return each;
    }
    return undefined;
  }

  /** The compound RTCP packet in it; undefined when it is forged, repeated or too late. */
  rtcp(sealed: Buffer): Buffer | undefined {
    const signedLength = sealed.length - this.#rtcp.tagLength;
    const end = signedLength - rtcpIndexLength;
    if (end < rtcpHeader) return undefined;
    const signed = sealed.subarray(0, signedLength);
    if (!isAuthentic(tagOf(this.#rtcp, signed), sealed.subarray(signedLength))) return undefined;
    const ssrc = sealed.readUInt32BE(4);
    const word = sealed.readUInt32BE(end);
    const index = word % encryptedFlag;
    if (this.#rtcpSources.get(ssrc)?.isNew(index) === false) return undefined;
    takeInto(this.#rtcpSources, ssrc, index);
    if (word < encryptedFlag) return sealed.subarray(0, end);
    const start = counterStart(this.#rtcp.salt, ssrc, index);
    const body = this.#rtcp.encryption.apply(start, sealed.subarray(rtcpHeader, end));
    return Buffer.concat([sealed.subarray(0, rtcpHeader), body]);
  }
}

/** The index nearest to the highest one with this sequence number (RFC 3711 section 3.3.1). Below 0: it is before the first packet. */
function estimateIndex(highest: number, sequenceNumber: number): number {
  return highest + sequenceDistance(highest % 0x1_0000, sequenceNumber);
}

/** Where the encrypted part begins: after the contributing sources and the header extension. Undefined: it is no RTP. */
function payloadStart(packet: Buffer): number | undefined {
  if (packet.length < 12 || packet.readUInt8(0) >> 6 !== 2) return undefined;
  const first = packet.readUInt8(0);
  let start = 12 + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (packet.length < start + 4) return undefined;
    start += 4 + 4 * packet.readUInt16BE(start + 2);
  }
  return start <= packet.length ? start : undefined;
}

/** The first counter of a packet (RFC 3711 section 4.1.1). */
function counterStart(salt: Buffer, ssrc: number, index: number): Buffer {
  const start = Buffer.alloc(16);
  salt.copy(start);
  start.writeUInt32BE((start.readUInt32BE(4) ^ ssrc) >>> 0, 4);
  const upper = Math.floor(index / 0x1_0000);
  start.writeUInt32BE((start.readUInt32BE(8) ^ upper) >>> 0, 8);
  start.writeUInt16BE(start.readUInt16BE(12) ^ (index % 0x1_0000), 12);
  return start;
}

function rollOver(index: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(Math.floor(index / 0x1_0000));
  return bytes;
}

/** The whole tag, of 20 bytes. */
function tagOf({ authentication }: SrtpSessionKeys, signed: Buffer, suffix?: Buffer): Buffer {
  const hmac = createHmac('sha1', authentication).update(signed);
  return (suffix ? hmac.update(suffix) : hmac).digest();
}

/** In constant time. @param tag the beginning of the whole one */
function isAuthentic(whole: Buffer, tag: Buffer): boolean {
  return timingSafeEqual(whole.subarray(0, tag.length), tag);
}

function takeInto(sources: Map<number, ReplayWindow>, ssrc: number, index: number): void {
  const window = sources.get(ssrc) ?? new ReplayWindow();
  window.add(index);
  if (sources.has(ssrc)) return;
  sources.set(ssrc, window);
  const [first] = sources.keys();
  if (sources.size > maxSources && first !== undefined) sources.delete(first);
}
