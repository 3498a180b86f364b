import type { AacToOpus } from '../../ffmpeg/aac-to-opus.ts';
import { type AacConfig, aacFrameLength } from '../../media/aac-config.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import { AacDepacketizer } from './aac-depacketizer.ts';
import { AudioRelay } from './audio-relay.ts';
import type { OutgoingStream } from './outgoing-stream.ts';

const opusSampleRate = 48_000;
/** Maximum number of access units in ffmpeg whose timestamps are kept: about ten seconds. */
const maxAnchors = 500;

/** Position of an access unit in ffmpeg's input, in samples of 48 kHz. */
interface Anchor {
  readonly position: number;
  /** The source's timestamp. */
  readonly timestamp: number;
}

/** Transcodes AAC to Opus with ffmpeg. The output has the timestamps of the input. */
export class AacRelay extends AudioRelay {
  readonly #converter: AacToOpus;
  readonly #depacketizer = new AacDepacketizer();
  /** Duration of an access unit, in samples of 48 kHz. */
  readonly #unitLength: number;
  readonly #sourceClockRate: number;
  #written = 0;
  #anchors: Anchor[] = [];

  /** @param sourceClockRate of the source's timestamps, in Hz */
  constructor(converter: AacToOpus, config: AacConfig, sourceClockRate: number, stream: OutgoingStream) {
    super(stream);
    this.#converter = converter;
    this.#sourceClockRate = sourceClockRate;
    this.#unitLength = (aacFrameLength * opusSampleRate) / config.sampleRate;
    converter.observer.on('packet', (payload, position) => this.#send(payload, position));
    converter.observer.on('restarted', () => this.#forget());
  }

  override push(packet: Pick<RtpPacket, 'payload' | 'timestamp'>, lost: number): void {
    for (const [index, unit] of this.#depacketizer.push(packet, lost).entries()) {
      if (!this.#converter.write(unit)) continue;
      const timestamp = (packet.timestamp + this.#toSource(index * this.#unitLength)) >>> 0;
      this.#anchors.push({ position: this.#written, timestamp });
      this.#written += this.#unitLength;
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
