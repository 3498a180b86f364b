import { initSegment } from '../../media/mp4/init-segment.ts';
import { mediaFragment } from '../../media/mp4/media-fragment.ts';
import {
  type PassedFrames,
  type PassthroughLimits,
  type ProgramFormat,
  type ProgramSample,
  type ProgramSink,
  type ProgramStart,
  timescale,
} from '../../media/sample.ts';
import { AudioProgress } from '../../program/audio-progress.ts';
import { minPartShare, onTimeStep, partTarget } from '../../program/part-target.ts';
import { ProgramGrid } from '../../program/program-grid.ts';

/** A fragment of a segment: a part of low-latency HLS, or a group of pictures. */
export interface Fragment {
  readonly bytes: Buffer;
  /** Duration of its video, in ticks of 90 kHz. */
  readonly duration: number;
  /** Whether it starts with a keyframe. */
  readonly independent: boolean;
  /** Wall-clock time of its first frame, in ms since the Unix epoch. */
  readonly wallClock: number;
  /** Whether it is the last of its segment. */
  readonly last: boolean;
}

/** The receiver of init segments and fragments, in order. */
export interface PackagerOutput {
  /**
   * Called before the first fragment and at each change of the format. The previous segment has ended.
   * @param maxFragment maximum duration of a fragment, in ticks
   */
  init(bytes: Buffer, format: ProgramFormat, maxFragment: number): void;
  fragment(fragment: Fragment): void;
  /** Called when the segment has ended although its last fragment was not marked as last. */
  endSegment(): void;
}

export interface PackagerOptions {
  /** Interval of keyframes, in ms. */
  readonly keyframeInterval: number;
  /** Maximum duration of a segment, in ms; it ends with the last group of pictures that fits. */
  readonly segmentDuration: number;
  /** Maximum duration of a part, in ms; undefined: one fragment per group of pictures. */
  readonly partDuration?: number;
  /** Whether frames may be passed through. @defaultValue false */
  readonly passthrough?: boolean;
}

/** Added to the maximum duration of a segment, in ms: half a second more would be rounded up beyond the target duration. */
const rounding = 490;

/** The frames of a fragment that waits for its audio. */
interface Cut {
  readonly video: readonly ProgramSample[];
  readonly last: boolean;
}

const perMs = timescale.video / 1000;

/**
 * Splits a program into fragments and segments. Every segment starts with a keyframe. The positions of cuts depend on program time only, see
 * {@link ProgramGrid}, so parts and segments are never too long, however many frames were left out. When frames do not follow the grid or are
 * missing, the segment ends, and after a discontinuity the next keyframe starts another one. Frames that are passed through follow no grid:
 * a number of them fills a part, and a segment ends at the last keyframe that the source sends in time.
 */
export class Packager implements ProgramSink {
  readonly #options: PackagerOptions;
  readonly #output: PackagerOutput;
  #format: ProgramFormat | undefined;
  /** Undefined: the frames follow the grid. */
  #passed: PassedFrames | undefined;
  #frameRate = 1;
  #wallClock = 0;
  #grid = new ProgramGrid({ frameRate: 1, keyframeInterval: 1000 });
  /** Origin of the grid, in ticks of 90 kHz. */
  #gridStart = 0;
  /** Maximum duration of a fragment, in ticks. */
  #maxFragment = 0;
  #video: ProgramSample[] = [];
  #audio: ProgramSample[] = [];
  readonly #progress = new AudioProgress();
  #cuts: Cut[] = [];
  /** Number of complete parts of the current group of pictures. */
  #parts = 0;
  /** Start of the current segment, and end of the frames so far, in ticks. */
  #segmentStart: number | undefined;
  #end: number | undefined;
  #fragments = 0;
  #segmentOpen = false;

  constructor(options: PackagerOptions, output: PackagerOutput) {
    this.#options = options;
    this.#output = output;
  }

  get passthrough(): PassthroughLimits | undefined {
    const { passthrough, segmentDuration, partDuration } = this.#options;
    return passthrough ? { keyframeInterval: segmentDuration, parts: partDuration !== undefined } : undefined;
  }

  format(format: ProgramFormat, start: ProgramStart): void {
    this.#flush();
    this.#format = format;
    this.#wallClock = start.wallClock;
    this.#passed = format.video.passed;
    if (this.#passed) this.#maxFragment = this.#passed.part?.target ?? this.#maxFragment;
    else this.#followGrid(format.video.frameRate, start.grid ?? 0);
    this.#output.init(initSegment(format), format, this.#maxFragment);
  }

  /** @param start of the grid, in ms */
  #followGrid(frameRate: number, start: number): void {
    this.#gridStart = start * perMs;
    this.#frameRate = frameRate;
    this.#grid = new ProgramGrid({ ...this.#options, frameRate });
    this.#maxFragment = partTarget(this.#grid.part, frameRate, this.#options.passthrough);
  }

  sample(sample: ProgramSample): void {
    if (sample.kind === 'video') this.#takeFrame(this.#placed(sample));
    else if (this.#progress.accept(sample)) this.#audio.push(sample);
    this.#release(false);
  }

  end(): void {
    this.#flush();
  }

  /** Aligns a frame to time steps. It ends at the next frame of the grid at the latest; a gap then shows as a frame that is not in order. */
  #placed(sample: ProgramSample): ProgramSample {
    const [time, end] = [onTimeStep(sample.time), onTimeStep(sample.time + sample.duration)];
    if (this.#passed) return { ...sample, time, duration: end - time };
    const next = (this.#grid.nextPart(this.#tick(time)) * timescale.video) / this.#frameRate + this.#gridStart;
    return { ...sample, time, duration: Math.min(end, onTimeStep(next)) - time };
  }

  #takeFrame(sample: ProgramSample): void {
    if (this.#end !== undefined && !this.#isInOrder(sample)) this.#interrupt();
    if (this.#end === undefined && !sample.keyframe) return;
    if (this.#end === undefined) this.#dropAudio(sample.time);
    if (this.#passed) return this.#takePassed(sample, this.#passed);
    // The group of pictures ends early.
    if (sample.keyframe && (this.#video.length > 0 || this.#parts > 0)) this.#endGroup(sample.time, this.#endsShort());
    this.#segmentStart ??= sample.time;
    this.#end = sample.time + sample.duration;
    this.#video.push(sample);
    const end = this.#tick(this.#end);
    if (this.#grid.isKeyframe(end)) this.#endGroup(this.#end);
    else if (this.#grid.nextPart(this.#tick(sample.time)) === end) this.#cut(false);
  }

  /** A part of a passed group of pictures goes on across keyframes that do not start a segment. */
  #takePassed(sample: ProgramSample, { keyframeInterval, part }: PassedFrames): void {
    if (sample.keyframe && this.#segmentStart !== undefined) {
      const duration = sample.time - this.#segmentStart + keyframeInterval * perMs;
      if (duration > (this.#options.segmentDuration + rounding) * perMs) this.#cutSegment();
      else if (!part) this.#cut(false);
    }
    // Only the last frame before another format may not fit: it ends where a composed frame begins.
    const room = part ? this.#maxFragment - durationOf(this.#video) : Number.POSITIVE_INFINITY;
    const duration = Math.min(sample.duration, room);
    this.#segmentStart ??= sample.time;
    this.#end = sample.time + duration;
    this.#video.push({ ...sample, duration });
    // A part that the last frame before another format makes too short is the last of its segment.
    if (part && this.#video.length >= part.frames && !this.#isShort()) this.#cut(false);
  }

  /** Ends the segment after the frames so far. */
  #cutSegment(): void {
    if (this.#video.length === 0) this.#endSegment();
    else this.#cut(true);
    this.#parts = 0;
    this.#segmentStart = undefined;
  }

  /** Whether it starts at the end of the previous frame, with a keyframe where the grid has one. */
  #isInOrder({ time, keyframe }: ProgramSample): boolean {
    if (this.#passed) return time === this.#end;
    return time === this.#end && (keyframe || !this.#grid.isKeyframe(this.#tick(time)));
  }

  /** Ends the current media; the frames that follow come after a discontinuity. */
  #interrupt(): void {
    this.#flush();
    if (this.#format) this.#output.init(initSegment(this.#format), this.#format, this.#maxFragment);
  }

  /** Drops audio that ends before the video starts. @param start in ticks */
  #dropAudio(start: number): void {
    this.#audio = this.#audio.filter(({ time, duration }) => time + duration > audioTime(start));
  }

  /** Tick of the grid. @param time in ticks of 90 kHz */
  #tick(time: number): number {
    return Math.round(((time - this.#gridStart) * this.#frameRate) / timescale.video);
  }

  /** Whether the current part would be too short: only the first of a group and the last of a segment may be. */
  #endsShort(): boolean {
    return this.#parts > 0 && this.#video.length > 0 && this.#isShort();
  }

  #isShort(): boolean {
    const minDuration = this.#options.partDuration === undefined ? 0 : minPartShare * this.#maxFragment;
    return durationOf(this.#video) < minDuration;
  }

  /** Ends a group of pictures. @param end in ticks @param last whether the segment ends, too, in any case */
  #endGroup(end: number, last = false): void {
    const next = this.#grid.nextKeyframe(this.#tick(end)) - this.#tick(end);
    const duration = end - (this.#segmentStart ?? end) + (next * timescale.video) / this.#frameRate;
    if (last || duration > (this.#options.segmentDuration + rounding) * perMs) return this.#cutSegment();
    this.#cut(false);
    this.#parts = 0;
  }

  #cut(last: boolean): void {
    if (this.#video.length === 0) return;
    this.#parts += 1;
    this.#cuts.push({ video: this.#video, last });
    this.#video = [];
  }

  /** Ends the segment after the last cut. */
  #endSegment(): void {
    const cut = this.#cuts.pop();
    if (cut) this.#cuts.push({ ...cut, last: true });
    else if (this.#segmentOpen) {
      this.#output.endSegment();
      this.#segmentOpen = false;
    }
  }

  /** Sends everything and ends the segment. */
  #flush(): void {
    this.#cut(true);
    this.#release(true);
    if (this.#segmentOpen) this.#output.endSegment();
    this.#segmentOpen = false;
    this.#parts = 0;
    this.#segmentStart = undefined;
    this.#end = undefined;
  }

  #release(incomplete: boolean): void {
    for (let cut = this.#cuts[0]; cut; cut = this.#cuts[0]) {
      const [first] = cut.video;
      const last = cut.video.at(-1);
      if (!first || !last) throw new Error('A fragment without frames.');
      const end = audioTime(last.time + last.duration);
      const newest = this.#audio.at(-1);
      if (!incomplete && (!newest || newest.time + newest.duration <= end)) return;
      this.#cuts.shift();
      this.#send(cut, first, end);
    }
  }

  #send({ video, last }: Cut, first: ProgramSample, end: number): void {
    // Audio is always longer than the video: see `timeStep`.
    const count = this.#audio.findIndex(({ time }) => time > end);
    const audio = this.#audio.splice(0, count < 0 ? this.#audio.length : count);
    this.#fragments += 1;
    this.#segmentOpen = !last;
    this.#output.fragment({
      bytes: mediaFragment(this.#fragments, { video, audio }),
      duration: durationOf(video),
      independent: first.keyframe,
      wallClock: this.#wallClock + first.time / perMs,
      last,
    });
  }
}

/** Duration of frames, in ticks. */
const durationOf = (video: readonly ProgramSample[]) => video.reduce((ticks, { duration }) => ticks + duration, 0);

/** Converts ticks of video to ticks of audio. */
const audioTime = (ticks: number) => (ticks * timescale.audio) / timescale.video;
