import { Decoder } from '@evan/opus';
import { timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';
import { sampleRate } from '../program-clock.ts';
import { AudioBuffer } from './audio-buffer.ts';

/** Audio may lie ahead by so many samples: more than the longest delay and the longest packet. */
const ahead = sampleRate;
/** The place on the timeline is found anew when it is off by more than this, in samples (10 ms). */
const tolerance = 480;
/** Bytes of an Opus packet; longer ones are a mistake (RFC 6716 section 3.4: 48 frames of 1275 and their lengths). */
const maxPacketLength = 1500;

/** One Opus stream, decoded and put on the program's timeline. */
export class OpusTrack {
  readonly #decoder: Decoder;
  readonly #audio: AudioBuffer;
  #anchor: { readonly timestamp: number; readonly position: number } | undefined;
  #undecodable = 0;

  constructor(channels: 1 | 2) {
    this.#decoder = new Decoder({ channels, sample_rate: sampleRate });
    this.#audio = new AudioBuffer(channels, ahead);
  }

  /** Packets that made no sense. */
  get undecodable(): number {
    return this.#undecodable;
  }

  /**
   * @param timestamp of the packet, 32 bits, in samples
   * @param wanted where it would lie by the clocks, in samples of the timeline; while that is nearly right the timestamps decide
   */
  push(payload: Buffer, timestamp: number, wanted: number): void {
    const audio = this.#decode(payload);
    if (!audio) return;
    const expected = this.#anchor && this.#anchor.position + timestampDistance(this.#anchor.timestamp, timestamp);
    const right = expected !== undefined && Math.abs(expected - wanted) <= tolerance;
    const position = right ? expected : Math.round(wanted);
    // moves along, so that the distance stays small
    this.#anchor = { timestamp, position };
    this.#audio.write(position, audio);
  }

  /** Adds a block of the timeline to the mix. */
  mixInto(position: number, block: Float32Array): void {
    this.#audio.mixInto(position, block);
  }

  #decode(payload: Buffer): Int16Array | undefined {
    if (payload.length === 0 || payload.length > maxPacketLength) return undefined;
    try {
      const bytes = this.#decoder.decode(payload);
      return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
    } catch {
      this.#undecodable += 1;
      return undefined;
    }
  }
}
