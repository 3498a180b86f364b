import { initSegment } from '../../media/mp4/init-segment.ts';
import { mediaFragment } from '../../media/mp4/media-fragment.ts';
import {
  type ProgramFormat,
  type ProgramSample,
  type ProgramSink,
  type ProgramStart,
  timescale,
} from '../../media/sample.ts';
import { AudioProgress } from '../../program/audio-progress.ts';
import { ProgramGrid } from '../../program/program-grid.ts';
import { maxPartDuration, minPartShare, onTimeStep } from './part-target.ts';

/** A piece of a segment: a part of low-latency HLS, or what lies between two keyframes. */
export interface Fragment {
  readonly bytes: Buffer;
  /** Of its video, in ticks of 90 kHz. */
  readonly duration: number;
  /** Whether it begins with a keyframe. */
  readonly independent: boolean;
  /** Of its first frame, in ms since the Unix epoch. */
  readonly wallClock: number;
  /** Whether its segment ends with it. */
  readonly last: boolean;
}

/** Where the pieces go, in this order: an init segment, fragments, and so on. */
export interface PackagerOutput {
  /**
   * Before the first fragment and wherever the format changes; the segment before has ended.
   * @param maxFragment in ticks
   */
  init(bytes: Buffer, format: ProgramFormat, maxFragment: number): void;
  fragment(fragment: Fragment): void;
  /** The segment ends earlier than its last fragment said. */
  endSegment(): void;
}

export interface PackagerOptions {
  /** In ms. */
  readonly keyframeInterval: number;
  /** In ms; segments end with the last group of pictures that fits in. */
  readonly segmentDuration: number;
  /** Longest part, in ms; undefined: a fragment for each group of pictures. */
  readonly partDuration?: number;
}

/** A run of frames that awaits its audio. */
interface Cut {
  readonly video: readonly ProgramSample[];
  readonly last: boolean;
}

const perMs = timescale.video / 1000;

/**
 * Cuts a program feed into fragments and segments. Every segment begins with a keyframe. What is cut where is a matter of program time
 * alone, see {@link ProgramGrid}: parts and segments are never too long, however many frames were left out. Should frames come that do
 * not obey the grid, or should some be missing, then the segment ends, and after a discontinuity the next keyframe begins another one.
 */
export class Packager implements ProgramSink {
  readonly #options: PackagerOptions;
  readonly #output: PackagerOutput;
  #format: ProgramFormat | undefined;
  #frameRate = 1;
  #wallClock = 0;
  #grid = new ProgramGrid({ frameRate: 1, keyframeInterval: 1000 });
  /** Where the grid begins, in ticks of 90 kHz. */
  #gridStart = 0;
  /** In ticks. */
  #longest = 0;
  #video: ProgramSample[] = [];
  #audio: ProgramSample[] = [];
  readonly #progress = new AudioProgress();
  #cuts: Cut[] = [];
  /** Complete parts of the group of pictures. */
  #parts = 0;
  /** Where the current segment begins, and the frames so far end, in ticks. */
  #segmentStart: number | undefined;
  #end: number | undefined;
  #fragments = 0;
  #segmentOpen = false;

  constructor(options: PackagerOptions, output: PackagerOutput) {
    this.#options = options;
    this.#output = output;
  }

  format(format: ProgramFormat, start: ProgramStart): void {
    this.#flush();
    this.#format = format;
    this.#wallClock = start.wallClock;
    this.#gridStart = (start.grid ?? 0) * perMs;
    this.#frameRate = format.video.frameRate;
    this.#grid = new ProgramGrid({ ...this.#options, frameRate: this.#frameRate });
    this.#longest = maxPartDuration(this.#grid.part, this.#frameRate);
    this.#output.init(initSegment(format), format, this.#longest);
  }

  sample(sample: ProgramSample): void {
    if (sample.kind === 'video') this.#takeFrame(this.#placed(sample));
    else if (this.#progress.accept(sample)) this.#audio.push(sample);
    this.#release(false);
  }

  end(): void {
    this.#flush();
  }

  /** Never longer than to where the grid has another frame: then the next one is not where this one ends. */
  #placed(sample: ProgramSample): ProgramSample {
    const [time, end] = [onTimeStep(sample.time), onTimeStep(sample.time + sample.duration)];
    const next = (this.#grid.nextPart(this.#tick(time)) * timescale.video) / this.#frameRate + this.#gridStart;
    return { ...sample, time, duration: Math.min(end, onTimeStep(next)) - time };
  }

  #takeFrame(sample: ProgramSample): void {
    if (this.#end !== undefined && !this.#isInOrder(sample)) this.#interrupt();
    if (this.#end === undefined && !sample.keyframe) return;
    if (this.#end === undefined) this.#dropAudio(sample.time);
    // A group of pictures that ends early.
    if (sample.keyframe && (this.#video.length > 0 || this.#parts > 0)) this.#endGroup(sample.time, this.#endsShort());
    this.#segmentStart ??= sample.time;
    this.#end = sample.time + sample.duration;
    this.#video.push(sample);
    const end = this.#tick(this.#end);
    if (this.#grid.isKeyframe(end)) this.#endGroup(this.#end);
    else if (this.#grid.nextPart(this.#tick(sample.time)) === end) this.#cut(false);
  }

  /** Whether it begins where the one before ends, with a keyframe where one is due. */
  #isInOrder({ time, keyframe }: ProgramSample): boolean {
    return time === this.#end && (keyframe || !this.#grid.isKeyframe(this.#tick(time)));
  }

  /** What was cut so far is another stream than what comes now. */
  #interrupt(): void {
    this.#flush();
    if (this.#format) this.#output.init(initSegment(this.#format), this.#format, this.#longest);
  }

  /** Audio that ends before the video begins. @param start in ticks */
  #dropAudio(start: number): void {
    this.#audio = this.#audio.filter(({ time, duration }) => time + duration > audioTime(start));
  }

  /** Of the grid, from ticks of 90 kHz. */
  #tick(time: number): number {
    return Math.round(((time - this.#gridStart) * this.#frameRate) / timescale.video);
  }

  /** Whether the current part would be shorter than parts may be that are not the first of a group or the last of a segment. */
  #endsShort(): boolean {
    const duration = this.#video.reduce((ticks, frame) => ticks + frame.duration, 0);
    const shortest = this.#options.partDuration === undefined ? 0 : minPartShare * this.#longest;
    return this.#parts > 0 && duration > 0 && duration < shortest;
  }

  /** @param end in ticks. @param last whether the segment ends with it in any case */
  #endGroup(end: number, last = false): void {
    const next = this.#grid.nextKeyframe(this.#tick(end)) - this.#tick(end);
    const duration = end - (this.#segmentStart ?? end) + (next * timescale.video) / this.#frameRate;
    // Half a second more would already be rounded up beyond the target duration.
    const full = last || duration > this.#options.segmentDuration * perMs + timescale.video * 0.49;
    if (full && this.#video.length === 0) this.#endSegment();
    else this.#cut(full);
    this.#parts = 0;
    if (full) this.#segmentStart = undefined;
  }

  #cut(last: boolean): void {
    if (this.#video.length === 0) return;
    this.#parts += 1;
    this.#cuts.push({ video: this.#video, last });
    this.#video = [];
  }

  /** What was cut last proves to be the end of its segment. */
  #endSegment(): void {
    const cut = this.#cuts.pop();
    if (cut) this.#cuts.push({ ...cut, last: true });
    else if (this.#segmentOpen) {
      this.#output.endSegment();
      this.#segmentOpen = false;
    }
  }

  /** Whatever is there goes out, and the segment ends. */
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
    // Never as long as the frame, always longer: see `timeStep`.
    const count = this.#audio.findIndex(({ time }) => time > end);
    const audio = this.#audio.splice(0, count < 0 ? this.#audio.length : count);
    this.#fragments += 1;
    this.#segmentOpen = !last;
    this.#output.fragment({
      bytes: mediaFragment(this.#fragments, { video, audio }),
      duration: video.reduce((ticks, { duration }) => ticks + duration, 0),
      independent: first.keyframe,
      wallClock: this.#wallClock + first.time / perMs,
      last,
    });
  }
}

/** From ticks of video to ticks of audio. */
const audioTime = (ticks: number) => (ticks * timescale.audio) / timescale.video;
