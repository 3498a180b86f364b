import { Encoder } from '@evan/opus';
import type { NegotiatedMedia } from '../../src/component/sip/media/negotiated-media.ts';
import { encodeG711, g711SampleRate } from '../../src/media/g711.ts';

/** What is sent to a phone, one packet after the other. */
export interface MixEncoder {
  /** Of the samples and of the timestamps, in Hz. */
  readonly rate: 8000 | 48_000;
  /** Samples per packet. */
  readonly packetLength: number;
  /** @param samples of one packet. They are not kept. */
  encode(samples: Int16Array): Buffer;
}

/** Durations of Opus frames, in ms, from the longest (RFC 6716 section 2.1.4). */
const opusFrames = [60, 40, 20, 10];
/** Loss that the encoder is to be ready for, in percent. */
const expectedLoss = 5;

export function openMixEncoder({ codec, packetTime }: Pick<NegotiatedMedia, 'codec' | 'packetTime'>): MixEncoder {
  if (codec !== 'opus') {
    const packetLength = (packetTime * g711SampleRate) / 1000;
    return { rate: g711SampleRate, packetLength, encode: (samples) => encodeG711(codec, samples) };
  }
  const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
  encoder.bitrate = 32_000;
  // half the time of 5; the spectrum of speech differs by 0.1 dB more
  encoder.complexity = 1;
  encoder.inband_fec = true;
  encoder.packet_loss = expectedLoss;
  const duration = opusFrames.find((frame) => frame <= packetTime) ?? 20;
  return { rate: 48_000, packetLength: 48 * duration, encode: (samples) => Buffer.from(encoder.encode(samples)) };
}
