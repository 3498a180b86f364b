import { type ProgramFormat, type ProgramStart, timescale } from '../../src/media/sample.ts';
import type { FromComposer, ProgramSettings } from '../../src/program/composer-message.ts';
import { audioSpecificConfig } from './audio/silent-frame.ts';
import { blockLength, sampleRate } from './program-clock.ts';
import type { EncodedFrame } from './video/encoder-run.ts';

/** Sends encoded frames to the server, with their times, after their format. */
export class EncodedProgram {
  readonly #settings: ProgramSettings;
  readonly #start: () => ProgramStart;
  readonly #send: (message: FromComposer) => void;
  #epoch = -1;
  /** Current AVCDecoderConfigurationRecord. */
  #record: Buffer | undefined;
  /** Audio from before the first format. */
  #early: FromComposer[] = [];

  /** @param start called when the first frame is encoded */
  constructor(settings: ProgramSettings, start: () => ProgramStart, send: (message: FromComposer) => void) {
    this.#settings = settings;
    this.#start = start;
    this.#send = send;
  }

  /**
   * To be called before the frames of another encoder. With the same record a keyframe is enough for viewers: a discontinuity costs more, and
   * players such as hls.js (1.7) skip a segment that it makes very short.
   * @param record AVCDecoderConfigurationRecord of the frames from here on
   */
  beginFormat(record: Buffer): void {
    if (this.#record?.equals(record)) return;
    this.#record = record;
    this.#epoch += 1;
    this.#send({ type: 'format', format: this.#format(record), start: this.#start() });
    for (const message of this.#early) this.#send(message);
    this.#early = [];
  }

  video({ tick, ticks, data, keyframe }: EncodedFrame): void {
    const time = this.#videoTime(tick);
    const duration = this.#videoTime(tick + ticks) - time;
    this.#send({ type: 'sample', sample: { kind: 'video', data, time, duration, keyframe } });
  }

  /** Sends an audio frame. @param index of its block */
  audio(data: Buffer, index: number): void {
    const [time, duration] = [index * blockLength, blockLength];
    const message = { type: 'sample', sample: { kind: 'audio', data, time, duration, keyframe: true } } as const;
    if (this.#epoch < 0) this.#early.push(message);
    else this.#send(message);
  }

  #format(record: Buffer): ProgramFormat {
    const { width, height, frameRate, audioChannels } = this.#settings;
    // profile, constraints and level (RFC 6381 section 3.3)
    const codec = `avc1.${record.toString('hex', 1, 4)}`;
    const audioConfiguration = audioSpecificConfig(audioChannels);
    return {
      epoch: this.#epoch,
      video: { width, height, frameRate, codec, decoderConfiguration: record },
      audio: { codec: 'mp4a.40.2', sampleRate, channels: audioChannels, decoderConfiguration: audioConfiguration },
    };
  }

  #videoTime(tick: number): number {
    return Math.round((tick * timescale.video) / this.#settings.frameRate);
  }
}
