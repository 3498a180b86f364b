import type { NegotiatedMedia } from '../../src/component/sip/media/negotiated-media.ts';
import { JitterBuffer } from '../../src/media/jitter-buffer.ts';
import type { MediaClock } from '../../src/media/media-clock.ts';
import { Reception } from '../../src/media/rtp/reception.ts';
import type { RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import { KeyReceiver } from './key-receiver.ts';

/** Comfort noise (RFC 3389): the phone is silent, and so are we. */
const comfortNoise = 13;
/**
 * Two packets that have overtaken one another are put in order; for a lost one nobody waits longer than a packet, since receivers have
 * jitter buffers of their own.
 */
const order = { delay: 20, maxHeld: 2, maxBehind: 100, maxLate: 5 };

interface Arrival {
  readonly packet: RtpPacket;
  /** In ms of the clock. */
  readonly at: number;
}

export interface PhoneReceiverOptions {
  readonly clock: MediaClock;
  /** @param lost number of packets lost before it */
  readonly onVoice: (packet: RtpPacket, lost: number, at: number) => void;
  /** The timestamps begin again. */
  readonly onRestart: () => void;
  readonly onKey: (digit: string) => void;
}

/** The RTP stream of the phone, in order, and what of it is audio. */
export class PhoneReceiver {
  readonly #options: PhoneReceiverOptions;
  readonly #buffer: JitterBuffer<Arrival>;
  #media: NegotiatedMedia;
  #reception: Reception | undefined;
  readonly #keys = new KeyReceiver();
  /** Packets lost since the last one with audio. */
  #lost = 0;

  constructor(media: NegotiatedMedia, options: PhoneReceiverOptions) {
    this.#options = options;
    this.#media = media;
    this.#buffer = new JitterBuffer({
      ...order,
      clock: options.clock,
      deliver: ({ packet, at }, lost) => this.#deliver(packet, at, lost),
    });
  }

  /** Counts of the present stream, once it has begun. */
  get reception(): Reception | undefined {
    return this.#reception;
  }

  use(media: NegotiatedMedia): void {
    if (media.codec !== this.#media.codec) this.#restart();
    this.#media = media;
  }

  /** Whether packets of this type come from the phone. */
  expects(payloadType: number): boolean {
    const noise = payloadType === comfortNoise && this.#media.codec !== 'opus';
    return noise || this.#contentOf(payloadType) !== undefined;
  }

  push(packet: RtpPacket): void {
    const at = this.#options.clock.monotonic();
    if (packet.ssrc !== this.#reception?.ssrc) this.#begin(packet.ssrc);
    this.#reception?.packet(packet, at);
    this.#buffer.push({ packet, at });
  }

  /** Idempotent. */
  close(): void {
    this.#buffer.close();
  }

  #begin(ssrc: number): void {
    if (this.#reception) this.#restart();
    this.#reception = new Reception(ssrc, this.#media.codec === 'opus' ? 48_000 : 8000);
  }

  #restart(): void {
    this.#buffer.restart();
    this.#lost = 0;
    this.#options.onRestart();
  }

  #deliver(packet: RtpPacket, at: number, lost: number | 'restart'): void {
    if (lost === 'restart') this.#options.onRestart();
    else this.#lost += lost;
    const content = this.#contentOf(packet.payloadType);
    if (content === 'keys') {
      const key = this.#keys.push(packet);
      if (key !== undefined) this.#options.onKey(key);
    }
    if (content !== 'voice') return;
    this.#options.onVoice(packet, this.#lost, at);
    this.#lost = 0;
  }

  /** A number that the phone has answered means what it has said, whatever it meant in our offer. */
  #contentOf(payloadType: number): 'voice' | 'keys' | undefined {
    const { offered, ...answered } = this.#media;
    for (const numbers of [answered, offered]) {
      if (payloadType === numbers?.payloadType) return 'voice';
      if (payloadType === numbers?.dtmfPayloadType) return 'keys';
    }
    return undefined;
  }
}
