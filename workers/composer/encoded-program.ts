import { type AvcFormat, setsOfRecord, toDescribedSample } from '../../src/media/rtp/avc-format.ts';
import { type ProgramFormat, type ProgramSample, type ProgramStart, timescale } from '../../src/media/sample.ts';
import type { FromComposer, ProgramSettings } from '../../src/program/composer-message.ts';
import { audioSpecificConfig } from './audio/silent-frame.ts';
import { blockLength, sampleRate } from './program-clock.ts';
import type { EncodedFrame } from './video/encoder-run.ts';
import type { PacedFrame } from './video/frame-pacer.ts';

/** The format of frames that are passed through. */
export interface SourceFormat extends AvcFormat, Pick<Required<ProgramFormat['video']>, 'frameRate' | 'passed'> {}

/** Time by which the audio of a segment has to be longer than its video, which is aligned to time steps, in samples. */
const longer = 48;

/** Sends encoded frames to the server, with their times, after their format. */
export class EncodedProgram {
  readonly #settings: ProgramSettings;
  readonly #start: () => ProgramStart;
  readonly #send: (message: FromComposer) => void;
  #epoch = -1;
  /** The current format. */
  #video: ProgramFormat['video'] | undefined;
  /** Whether frames of a source have been passed through; from then on keyframes bear their parameter sets. */
  #hasPassed = false;
  #sets: Buffer | undefined;
  /** End of the video so far, in ticks of 90 kHz, and of the audio, in samples. */
  #videoEnd = 0;
  #audioEnd = 0;
  /** A format with the frames after it, and the audio that is sent before it, in samples. */
  #held: FromComposer[] = [];
  #heldUntil = Number.NEGATIVE_INFINITY;
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
    const { width, height, frameRate } = this.#settings;
    // profile, constraints and level (RFC 6381 section 3.3)
    const codec = `avc1.${record.toString('hex', 1, 4)}`;
    this.#begin({ width, height, frameRate, codec, decoderConfiguration: record });
    if (this.#hasPassed) this.#sets = setsOfRecord(record);
  }

  /** To be called before keyframes of a source that are passed through. */
  beginSource({ width, height, parameters, description, frameRate, passed }: SourceFormat): void {
    this.#hasPassed = true;
    this.#begin({ width, height, frameRate, codec: parameters, decoderConfiguration: description, passed });
  }

  video({ tick, ticks, data, keyframe }: EncodedFrame): void {
    const time = this.#videoTime(tick);
    const described = keyframe && this.#sets ? Buffer.concat([this.#sets, data]) : data;
    this.#sendVideo({ data: described, time, duration: this.#videoTime(tick + ticks) - time, keyframe });
  }

  /** Sends a frame of a source. */
  source({ frame, start, duration }: PacedFrame): void {
    const time = videoTicks(start);
    const end = videoTicks(start + duration);
    this.#sendVideo({ data: toDescribedSample(frame.parts), time, duration: end - time, keyframe: frame.key });
  }

  /** Sends an audio frame. @param index of its block */
  audio(data: Buffer, index: number): void {
    const [time, duration] = [index * blockLength, blockLength];
    const message = { type: 'sample', sample: { kind: 'audio', data, time, duration, keyframe: true } } as const;
    this.#audioEnd = time + duration;
    if (this.#epoch < 0) this.#early.push(message);
    else this.#send(message);
    if (this.#audioEnd >= this.#heldUntil) this.flush();
  }

  /** Sends what waits for audio. To be called when no more comes. */
  flush(): void {
    this.#heldUntil = Number.NEGATIVE_INFINITY;
    for (const message of this.#held.splice(0)) this.#send(message);
  }

  /** Where frames of a source begin or end, the format waits for the audio of the frames before it: their segment is complete then. */
  #begin(video: ProgramFormat['video']): void {
    if (this.#video && isSameFormat(this.#video, video)) return;
    const ofSource = (this.#video?.passed ?? video.passed) !== undefined;
    this.#video = video;
    this.#epoch += 1;
    const audioEnd = (this.#videoEnd * timescale.audio) / timescale.video + longer;
    if (ofSource && this.#audioEnd < audioEnd) this.#heldUntil = Math.max(this.#heldUntil, audioEnd);
    this.#sendInOrder({ type: 'format', format: this.#format(video), start: this.#start() });
    for (const message of this.#early) this.#send(message);
    this.#early = [];
  }

  #sendVideo(sample: Omit<ProgramSample, 'kind'>): void {
    this.#videoEnd = sample.time + sample.duration;
    this.#sendInOrder({ type: 'sample', sample: { kind: 'video', ...sample } });
  }

  #sendInOrder(message: FromComposer): void {
    if (this.#heldUntil > this.#audioEnd) this.#held.push(message);
    else this.#send(message);
  }

  #format(video: ProgramFormat['video']): ProgramFormat {
    const { audioChannels } = this.#settings;
    const audioConfiguration = audioSpecificConfig(audioChannels);
    return {
      epoch: this.#epoch,
      video,
      audio: { codec: 'mp4a.40.2', sampleRate, channels: audioChannels, decoderConfiguration: audioConfiguration },
    };
  }

  #videoTime(tick: number): number {
    return Math.round((tick * timescale.video) / this.#settings.frameRate);
  }
}

/** Converts ms to ticks. */
const videoTicks = (time: number) => Math.round((time * timescale.video) / 1000);

/** Whether frames of both can be decoded one after another. */
function isSameFormat(one: ProgramFormat['video'], other: ProgramFormat['video']): boolean {
  const sameRecord = Buffer.compare(one.decoderConfiguration, other.decoderConfiguration) === 0;
  return sameRecord && (one.passed === undefined) === (other.passed === undefined);
}
