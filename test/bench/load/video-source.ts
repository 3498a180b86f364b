import { serializeExtendedRtp } from '../../workers/mediasoup/rtp-bytes.ts';

/** Every packet is a keyframe of its own (RFC 7741, RFC 6386 section 9.1), so that forwarding starts with any. */
const keyframe = Buffer.from('10' + '509d01' + '9d012a40016001', 'hex');
/** Bytes of a packet's payload: packets of about 1.1 kB, as video sends them. */
const payload = Buffer.concat([keyframe, Buffer.alloc(1070, 0x5a)]);

/** Milliseconds between two bursts. */
const interval = 10;

export interface VideoSourceOptions {
  /** Packets per second. */
  readonly rate: number;
  readonly payloadType: number;
  readonly ssrc: number;
  readonly send: (packet: Buffer) => void;
}

/** VP8 video without a picture, sent at a steady rate while it is not paused; it starts paused. */
export class VideoSource {
  readonly #options: VideoSourceOptions;
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;

  constructor(options: VideoSourceOptions) {
    this.#options = options;
  }

  resume(): void {
    if (this.#timer) return;
    const { rate } = this.#options;
    const startedAt = performance.now();
    const before = this.#sent;
    this.#timer = setInterval(() => {
      const due = before + ((performance.now() - startedAt) / 1000) * rate;
      while (this.#sent < due) this.#send();
    }, interval);
  }

  /** Idempotent. */
  pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #send(): void {
    const { rate, payloadType, ssrc, send } = this.#options;
    const sequenceNumber = this.#sent & 0xffff;
    const timestamp = Math.floor((this.#sent * 90_000) / rate) >>> 0;
    send(serializeExtendedRtp({ payloadType, marker: true, sequenceNumber, timestamp, ssrc, extensions: {}, payload }));
    this.#sent += 1;
  }
}
