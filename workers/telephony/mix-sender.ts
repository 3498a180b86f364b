import { randomInt } from 'node:crypto';
import type { NegotiatedMedia } from '../../src/component/sip/media/negotiated-media.ts';
import { SipError } from '../../src/component/sip/sip-error.ts';
import type { MediaClock } from '../../src/media/media-clock.ts';
import { type RtpPacket, serializeRtp } from '../../src/media/rtp/rtp-packet.ts';
import { KeySender } from './key-sender.ts';
import { type MixEncoder, openMixEncoder } from './mix-encoder.ts';

/** Counts of what was sent, for a sender report. */
export interface SentCounts {
  readonly packetCount: number;
  readonly octetCount: number;
}

/** Duration of what is played at once, in ms. */
const tick = 20;

/** The RTP stream to the phone: the mix of its room. */
export class MixSender {
  readonly #clock: MediaClock;
  readonly #send: (packet: Buffer) => void;
  #media: NegotiatedMedia;
  #encoder: MixEncoder;
  #ssrc = newSsrc();
  /** In the lower half: the phone counts the wraps for SRTP (RFC 3711 section 3.3.1). */
  #sequenceNumber = randomInt(0x8000);
  /** Of the first sample that is pending. */
  #timestamp = randomInt(2 ** 32);
  /** Samples that do not yet fill a packet. */
  #pending: Int16Array;
  #filled = 0;
  #marker = true;
  readonly #keys: KeySender;
  /** Of the key that is being sent. */
  #keyTimestamp = 0;
  /** Until when there are samples, in ms of the clock. */
  #playedUntil: number | undefined;
  #packets = 0;
  #octets = 0;

  constructor(media: NegotiatedMedia, clock: MediaClock, send: (packet: Buffer) => void) {
    this.#media = media;
    this.#clock = clock;
    this.#send = send;
    this.#encoder = openMixEncoder(media);
    this.#pending = pendingOf(this.#encoder);
    this.#keys = new KeySender(media.dtmfClockRate ?? this.rate);
  }

  get ssrc(): number {
    return this.#ssrc;
  }

  /** Samples per second of what is played. */
  get rate(): 8000 | 48_000 {
    return this.#encoder.rate;
  }

  get sent(): SentCounts {
    return { packetCount: this.#packets >>> 0, octetCount: this.#octets >>> 0 };
  }

  /** The timestamp of this instant. */
  get now(): number {
    const passed = this.#playedUntil === undefined ? 0 : this.#clock.monotonic() - this.#playedUntil;
    return (this.#timestamp + this.#filled + Math.round((passed * this.rate) / 1000)) >>> 0;
  }

  /** Changes what is sent. After a pause timestamps go on by the time that has passed; another clock rate (RFC 7160) or key is another stream. */
  use(media: NegotiatedMedia): void {
    const before = this.#media;
    this.#media = media;
    if (media.codec !== before.codec || media.packetTime !== before.packetTime) this.#change(openMixEncoder(media));
    // should a key come back, none of its numbers is used twice
    if (media.srtp?.local !== before.srtp?.local) this.#beginStream();
    if (media.sending && !before.sending) this.#resume();
    this.#keys.use(media.dtmfClockRate ?? this.rate);
    if (media.dtmfPayloadType === undefined) this.#keys.cancel(noKeys());
  }

  /** @param samples of 20 ms; not kept */
  play(samples: Int16Array): void {
    if (!this.#media.sending) return;
    this.#playedUntil = this.#clock.monotonic() + tick;
    if (this.#keys.active) return this.#playKeys(samples.length);
    const { packetLength } = this.#encoder;
    for (let taken = 0; taken < samples.length; ) {
      const count = Math.min(samples.length - taken, packetLength - this.#filled);
      this.#pending.set(samples.subarray(taken, taken + count), this.#filled);
      this.#filled += count;
      taken += count;
      if (this.#filled === packetLength) this.#sendPending();
    }
  }

  /** So many ticks are left out: timestamps go on by their time, so that the phone does not play what follows too late. */
  skip(ticks: number): void {
    if (!this.#media.sending) return;
    this.#advance(this.#filled + (ticks * tick * this.rate) / 1000);
    this.#filled = 0;
    this.#marker = true;
  }

  /** Keys are sent in place of the mix, one after the other. @throws SipError no_common_codec, closed */
  async sendKeys(digits: string, duration: number): Promise<void> {
    if (this.#media.dtmfPayloadType === undefined) throw noKeys();
    await this.#keys.send(digits, duration);
  }

  /** Idempotent. */
  close(): void {
    this.#keys.cancel(new SipError('closed'));
  }

  #playKeys(length: number): void {
    this.#advance(this.#filled);
    this.#filled = 0;
    const { dtmfPayloadType = 0, dtmfClockRate = this.rate } = this.#media;
    for (const { payload, begins, offset } of this.#keys.next()) {
      if (begins) this.#keyTimestamp = this.#timestamp;
      const timestamp = (this.#keyTimestamp + Math.round((offset * this.rate) / dtmfClockRate)) >>> 0;
      this.#packet({ payload, payloadType: dtmfPayloadType, marker: begins, timestamp });
    }
    this.#advance(length);
    this.#marker = true;
  }

  #sendPending(): void {
    this.#filled = 0;
    const payload = this.#encoder.encode(this.#pending);
    const { payloadType } = this.#media;
    this.#packet({ payload, payloadType, marker: this.#marker, timestamp: this.#timestamp });
    this.#marker = false;
    this.#advance(this.#encoder.packetLength);
  }

  #packet(packet: Pick<RtpPacket, 'payload' | 'payloadType' | 'marker' | 'timestamp'>): void {
    const { payload } = packet;
    this.#packets += 1;
    this.#octets += payload.length;
    const sequenceNumber = this.#sequenceNumber;
    this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
    this.#send(serializeRtp({ ...packet, ssrc: this.#ssrc, sequenceNumber }));
  }

  #advance(samples: number): void {
    this.#timestamp = (this.#timestamp + samples) >>> 0;
  }

  #change(encoder: MixEncoder): void {
    if (encoder.rate !== this.#encoder.rate) this.#beginStream();
    this.#encoder = encoder;
    this.#pending = pendingOf(encoder);
    this.#filled = 0;
    this.#marker = true;
  }

  #beginStream(): void {
    this.#ssrc = newSsrc();
    [this.#packets, this.#octets] = [0, 0];
    this.#marker = true;
  }

  #resume(): void {
    if ((this.#playedUntil ?? 0) < this.#clock.monotonic()) this.#timestamp = this.now;
    this.#filled = 0;
    this.#marker = true;
  }
}

function newSsrc(): number {
  return randomInt(1, 2 ** 32);
}

function pendingOf({ packetLength }: MixEncoder): Int16Array {
  return new Int16Array(packetLength);
}

function noKeys(): SipError {
  return new SipError('no_common_codec', 'The phone does not take keys as events');
}
