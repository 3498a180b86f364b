import { type AacConfig, aacFrameLength, toAdts } from '../../media/aac-config.ts';
import { openPcmDecoder, type PcmFormat } from '../../media/pcm.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import { AacDepacketizer } from './aac-depacketizer.ts';

/** Sample rate of Opus and of all durations here, in Hz. */
export const opusSampleRate = 48_000;

/** A part of a stream as ffmpeg reads it. */
export interface AudioUnit {
  readonly data: Buffer;
  /** In samples of 48 kHz. */
  readonly duration: number;
}

/** Turns packets into what ffmpeg reads. */
export interface AudioFraming {
  /** What ffmpeg needs to know of the format. */
  readonly input: readonly string[];
  /** @returns the units that a packet completes; the first one has its timestamp */
  push(packet: Pick<RtpPacket, 'payload'>, lost: number): AudioUnit[];
}

/** AAC in ADTS. */
export class AacFraming implements AudioFraming {
  readonly input = ['-f', 'aac'];
  readonly #config: AacConfig;
  readonly #depacketizer = new AacDepacketizer();

  constructor(config: AacConfig) {
    this.#config = config;
  }

  push(packet: Pick<RtpPacket, 'payload'>, lost: number): AudioUnit[] {
    const duration = (aacFrameLength * opusSampleRate) / this.#config.sampleRate;
    // a unit that is too long for ADTS takes its time all the same
    return this.#depacketizer.push(packet, lost).map((unit) => {
      return { data: toAdts(this.#config, unit) ?? Buffer.alloc(0), duration };
    });
  }
}

/** Samples that this process decodes, at a rate or with channels that Opus does not have. */
export class PcmFraming implements AudioFraming {
  readonly input: readonly string[];
  readonly #decode: (payload: Buffer) => Int16Array;
  readonly #format: PcmFormat;

  constructor(format: PcmFormat) {
    this.input = ['-f', 's16le', '-ar', String(format.rate), '-ac', String(format.channels)];
    this.#decode = openPcmDecoder(format);
    this.#format = format;
  }

  push({ payload }: Pick<RtpPacket, 'payload'>): AudioUnit[] {
    const { rate, channels } = this.#format;
    const samples = this.#decode(payload);
    const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    return [{ data, duration: (samples.length / channels / rate) * opusSampleRate }];
  }
}

/** Codes of a constant rate that ffmpeg reads as they are. */
export class CodeFraming implements AudioFraming {
  readonly input: readonly string[];
  readonly #bytesPerSecond: number;

  /** @param format of ffmpeg */
  constructor(format: string, bytesPerSecond: number) {
    this.input = ['-f', format];
    this.#bytesPerSecond = bytesPerSecond;
  }

  push({ payload }: Pick<RtpPacket, 'payload'>): AudioUnit[] {
    return [{ data: payload, duration: (payload.length / this.#bytesPerSecond) * opusSampleRate }];
  }
}
