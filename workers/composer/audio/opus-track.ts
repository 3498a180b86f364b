import { Decoder } from '@evan/opus';
import { timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';
import { sampleRate } from '../program-clock.ts';
import { AudioBuffer } from './audio-buffer.ts';

/** Maximum number of samples ahead of the mix: more than the maximum delay plus the longest packet. */
const ahead = sampleRate;
/** Deviation from the clocks beyond which the position is set again, in samples (10 ms). */
const tolerance = 480;
/** Maximum length of an Opus packet, in bytes (RFC 6716 section 3.4: 48 frames of 1275 bytes with their lengths). */
const maxPacketLength = 1500;

/** Decodes an Opus stream and places it on the program's timeline. */
export class OpusTrack {
  readonly #decoder: Decoder;
  readonly #audio: AudioBuffer;
  #anchor: { readonly timestamp: number; readonly position: number } | undefined;
  #undecodable = 0;

  constructor(channels: 1 | 2) {
    this.#decoder = new Decoder({ channels, sample_rate: sampleRate });
    this.#audio = new AudioBuffer(channels, ahead);
  }

  /** Number of invalid packets. */
  get undecodable(): number {
    return this.#undecodable;
  }

  /**
   * Decodes a packet. Its position follows from its timestamp while that nearly agrees with the clocks.
   * @param timestamp of the packet, 32 bits, in samples
   * @param wanted its position by the clocks, in samples of the timeline
   */
  push(payload: Buffer, timestamp: number, wanted: number): void {
    const audio = this.#decode(payload);
    if (!audio) return;
    const expected = this.#anchor && this.#anchor.position + timestampDistance(this.#anchor.timestamp, timestamp);
    const right = expected !== undefined && Math.abs(expected - wanted) <= tolerance;
    const position = right ? expected : Math.round(wanted);
    // the reference advances, so that distances stay small
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
