import { randomInt } from 'node:crypto';
import type { NegotiatedMedia } from '../../src/component/sip/media/negotiated-media.ts';
import type { MediaClock } from '../../src/media/media-clock.ts';
import { serializeRtp } from '../../src/media/rtp/rtp-packet.ts';
import { type MixEncoder, openMixEncoder } from './mix-encoder.ts';

/** Counts of what was sent, for a sender report. */
export interface SentCounts {
  readonly packetCount: number;
  readonly octetCount: number;
}

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
  /** When the last samples came, in ms of the clock. */
  #playedAt: number | undefined;
  #packets = 0;
  #octets = 0;

  constructor(media: NegotiatedMedia, clock: MediaClock, send: (packet: Buffer) => void) {
    this.#media = media;
    this.#clock = clock;
    this.#send = send;
    this.#encoder = openMixEncoder(media);
    this.#pending = pendingOf(this.#encoder);
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
    const passed = this.#playedAt === undefined ? 0 : this.#clock.monotonic() - this.#playedAt;
    return (this.#timestamp + this.#filled + Math.round((passed * this.rate) / 1000)) >>> 0;
  }

  /** Changes what is sent. After a pause timestamps go on by the time that has passed; another clock rate is another stream (RFC 7160). */
  use(media: NegotiatedMedia): void {
    const before = this.#media;
    this.#media = media;
    if (media.codec !== before.codec || media.packetTime !== before.packetTime) this.#change(openMixEncoder(media));
    if (media.sending && !before.sending) this.#resume();
  }

  /** @param samples of 20 ms; not kept */
  play(samples: Int16Array): void {
    if (!this.#media.sending) return;
    this.#playedAt = this.#clock.monotonic();
    const { packetLength } = this.#encoder;
    for (let taken = 0; taken < samples.length; ) {
      const count = Math.min(samples.length - taken, packetLength - this.#filled);
      this.#pending.set(samples.subarray(taken, taken + count), this.#filled);
      this.#filled += count;
      taken += count;
      if (this.#filled === packetLength) this.#sendPending();
    }
  }

  #sendPending(): void {
    this.#filled = 0;
    this.#packet(this.#encoder.encode(this.#pending), this.#media.payloadType, this.#marker);
    this.#marker = false;
    this.#advance(this.#encoder.packetLength);
  }

  #packet(payload: Buffer, payloadType: number, marker: boolean): void {
    this.#packets += 1;
    this.#octets += payload.length;
    const sequenceNumber = this.#sequenceNumber;
    this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
    this.#send(
      serializeRtp({ ssrc: this.#ssrc, payloadType, sequenceNumber, timestamp: this.#timestamp, marker, payload }),
    );
  }

  #advance(samples: number): void {
    this.#timestamp = (this.#timestamp + samples) >>> 0;
  }

  #change(encoder: MixEncoder): void {
    if (encoder.rate !== this.#encoder.rate) {
      this.#ssrc = newSsrc();
      [this.#packets, this.#octets] = [0, 0];
    }
    this.#encoder = encoder;
    this.#pending = pendingOf(encoder);
    this.#filled = 0;
    this.#marker = true;
  }

  #resume(): void {
    this.#timestamp = this.now;
    this.#filled = 0;
    this.#playedAt = this.#clock.monotonic();
    this.#marker = true;
  }
}

function newSsrc(): number {
  return randomInt(1, 2 ** 32);
}

function pendingOf({ packetLength }: MixEncoder): Int16Array {
  return new Int16Array(packetLength);
}
