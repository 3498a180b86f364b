import { Encoder } from '@evan/opus';
import { decodeG711, type G711Law, g711SampleRate } from '../../media/g711.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import { AudioRelay } from './audio-relay.ts';
import type { OutgoingStream } from './outgoing-stream.ts';

/** Samples per frame: 20 ms. */
const frameLength = g711SampleRate / 50;
/** Maximum length of a packet: 200 ms. */
const maxPayloadLength = frameLength * 10;

/** Transcodes G.711 to Opus frames of 20 ms, in this process. */
export class G711Relay extends AudioRelay {
  readonly #law: G711Law;
  readonly #encoder: Encoder;
  readonly #frame = new Int16Array(frameLength);
  #filled = 0;
  /** The source's timestamp of the frame that is being filled. */
  #begin = 0;

  constructor(law: G711Law, stream: OutgoingStream) {
    super(stream);
    this.#law = law;
    this.#encoder = new Encoder({ channels: 1, sample_rate: g711SampleRate, application: 'voip' });
    this.#encoder.bitrate = 24_000;
    this.#encoder.complexity = 5;
  }

  override push({ payload, timestamp }: Pick<RtpPacket, 'payload' | 'timestamp'>, lost: number): void {
    if (payload.length > maxPayloadLength) return;
    this.stream.skip(lost);
    // an incomplete frame is dropped, not filled with later audio
    if (lost > 0 || timestamp !== (this.#begin + this.#filled) >>> 0) this.#filled = 0;
    const samples = decodeG711(this.#law, payload);
    for (let taken = 0; taken < samples.length; ) {
      if (this.#filled === 0) this.#begin = (timestamp + taken) >>> 0;
      const part = samples.subarray(taken, taken + frameLength - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === frameLength) this.#send();
    }
  }

  override restart(): void {
    this.#filled = 0;
    super.restart();
  }

  #send(): void {
    this.#filled = 0;
    const payload = Buffer.from(this.#encoder.encode(this.#frame));
    const timestamp = this.stream.timeline.take(this.#begin);
    this.#begin = (this.#begin + frameLength) >>> 0;
    this.stream.send({ payload, timestamp, marker: false });
  }
}
