import { Encoder } from '@evan/opus';
import { openPcmDecoder, type PcmFormat } from '../pcm.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import { type RtpPacket, timestampDistance } from './rtp-packet.ts';

/** Sample rates that Opus has. */
const opusRates = [8000, 12_000, 16_000, 24_000, 48_000] as const;

/** Whether the samples of a format can be encoded as they are. */
export function fitsOpus({ rate, channels }: PcmFormat): boolean {
  return channels <= 2 && opusRates.some((each) => each === rate);
}

/** Transcodes packets of audio that this process decodes to Opus frames of 20 ms, whatever the duration of the packets. */
export class OpusTranscoder {
  readonly #stream: OutgoingStream;
  readonly #decode: (payload: Buffer) => Int16Array;
  readonly #encoder: Encoder;
  readonly #channels: number;
  /** Samples of one channel per frame: 20 ms. */
  readonly #frameLength: number;
  readonly #frame: Int16Array;
  /** Samples of one channel. */
  #filled = 0;
  /** The source's timestamp of the frame that is being filled. */
  #begin = 0;
  /** Whether the next frame is the first after a pause. */
  #marker = false;

  /** @param format one for which {@link fitsOpus} is true */
  constructor(format: PcmFormat, stream: OutgoingStream) {
    const { rate, channels } = format;
    this.#stream = stream;
    this.#decode = openPcmDecoder(format);
    // Of speech at such bit rates the transform codec (CELT) keeps more than the predictor (SILK), for a third of the time
    const application = rate > 16_000 ? 'audio' : 'restricted_lowdelay';
    this.#encoder = new Encoder({
      ...{ channels: channels as 1 | 2, sample_rate: rate as (typeof opusRates)[number], application },
    });
    this.#encoder.bitrate = (rate > 8000 ? 40_000 : 24_000) * channels;
    this.#encoder.complexity = rate > 16_000 ? 5 : 2;
    this.#channels = channels;
    this.#frameLength = rate / 50;
    this.#frame = new Int16Array(this.#frameLength * channels);
  }

  /** @param marker whether the packet is the first after a pause @param lost number of packets lost before it */
  push({ payload, timestamp, marker }: Pick<RtpPacket, 'payload' | 'timestamp' | 'marker'>, lost: number): void {
    const samples = this.#decode(payload);
    if (samples.length === 0) return;
    this.#stream.skip(lost);
    this.#marker ||= marker;
    // An incomplete frame is dropped, not filled with later audio; some sources' timestamps are a few samples off.
    const offset = timestampDistance(this.#begin + this.#filled, timestamp);
    if (lost > 0 || Math.abs(offset) > this.#frameLength) this.#filled = 0;
    const length = samples.length / this.#channels;
    for (let taken = 0; taken < length; ) {
      if (this.#filled === 0) this.#begin = (timestamp + taken) >>> 0;
      const count = Math.min(length - taken, this.#frameLength - this.#filled);
      const part = samples.subarray(taken * this.#channels, (taken + count) * this.#channels);
      this.#frame.set(part, this.#filled * this.#channels);
      this.#filled += count;
      taken += count;
      if (this.#filled === this.#frameLength) this.#send();
    }
  }

  /** Drops what does not fill a frame. */
  restart(): void {
    this.#filled = 0;
  }

  #send(): void {
    this.#filled = 0;
    const payload = Buffer.from(this.#encoder.encode(this.#frame));
    const timestamp = this.#stream.timeline.take(this.#begin);
    this.#begin = (this.#begin + this.#frameLength) >>> 0;
    this.#stream.send({ payload, timestamp, marker: this.#marker });
    this.#marker = false;
  }
}
