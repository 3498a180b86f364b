import type { AudioToOpus } from '../../ffmpeg/audio-to-opus.ts';
import type { OutgoingStream } from '../../media/rtp/outgoing-stream.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import { type AudioFraming, opusSampleRate } from './audio-framing.ts';
import { AudioRelay } from './audio-relay.ts';

/** Maximum number of units in ffmpeg whose timestamps are kept: about ten seconds. */
const maxAnchors = 500;

/** Position of a unit in ffmpeg's input, in samples of 48 kHz. */
interface Anchor {
  readonly position: number;
  /** The source's timestamp. */
  readonly timestamp: number;
}

/** Transcodes audio to Opus with ffmpeg. The output has the timestamps of the input. */
export class TranscodedRelay extends AudioRelay {
  readonly #converter: AudioToOpus;
  readonly #framing: AudioFraming;
  readonly #sourceClockRate: number;
  #written = 0;
  #anchors: Anchor[] = [];

  /** @param sourceClockRate of the source's timestamps, in Hz */
  constructor(converter: AudioToOpus, framing: AudioFraming, sourceClockRate: number, stream: OutgoingStream) {
    super(stream);
    this.#converter = converter;
    this.#framing = framing;
    this.#sourceClockRate = sourceClockRate;
    converter.observer.on('packet', (payload, position) => this.#send(payload, position));
    converter.observer.on('restarted', () => this.#forget());
  }

  override push(packet: Pick<RtpPacket, 'payload' | 'timestamp'>, lost: number): void {
    let offset = 0;
    for (const { data, duration } of this.#framing.push(packet, lost)) {
      const timestamp = (packet.timestamp + this.#toSource(offset)) >>> 0;
      offset += duration;
      if (data.length === 0 || !this.#converter.write(data)) continue;
      this.#anchors.push({ position: this.#written, timestamp });
      this.#written += duration;
    }
    if (this.#anchors.length > maxAnchors) this.#anchors.splice(0, this.#anchors.length - maxAnchors);
  }

  override restart(): void {
    super.restart();
    // audio that is still in ffmpeg belongs to the old timestamps and is dropped
    this.#anchors = [];
  }

  override async close(): Promise<void> {
    await this.#converter.close();
  }

  #send(payload: Buffer, position: number): void {
    while (this.#anchors[1] && this.#anchors[1].position <= position) this.#anchors.shift();
    const [anchor] = this.#anchors;
    if (!anchor || anchor.position > position) return;
    const timestamp = (anchor.timestamp + this.#toSource(position - anchor.position)) >>> 0;
    this.stream.send({ payload, timestamp: this.stream.timeline.take(timestamp), marker: false });
  }

  #toSource(samples: number): number {
    return Math.round((samples * this.#sourceClockRate) / opusSampleRate);
  }

  #forget(): void {
    this.#written = 0;
    this.#anchors = [];
  }
}
