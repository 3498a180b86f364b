import { initSegment } from '../../recorder/mp4/init-segment.ts';
import { mediaFragment } from '../../recorder/mp4/media-fragment.ts';
import {
  type ProgramFormat,
  type ProgramSample,
  type ProgramSink,
  type ProgramStart,
  timescale,
} from '../../recorder/program-sample.ts';
import {
  framesPerPart,
  grid,
  groupLength,
  longestDuration,
  type PartPlan,
  partPlan,
  shortestShare,
} from './part-plan.ts';

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
   * @param longestFragment in ticks
   */
  init(bytes: Buffer, format: ProgramFormat, longestFragment: number): void;
  fragment(fragment: Fragment): void;
  /** The segment ends earlier than its last fragment said. */
  endSegment(): void;
}

export interface PackagerOptions {
  /** In ms. */
  readonly keyframeInterval: number;
  /** In ms; segments end with the last group of pictures that fits in. */
  readonly segmentDuration: number;
  /** In ms; undefined: a fragment for each group of pictures. */
  readonly wantedPart?: number;
}

/** A run of frames that awaits its sound. */
interface Cut {
  readonly video: readonly ProgramSample[];
  readonly last: boolean;
}

const perMs = timescale.video / 1000;

/** Cuts a program feed into fragments and segments. Every segment begins with a keyframe. */
export class Packager implements ProgramSink {
  readonly #options: PackagerOptions;
  readonly #output: PackagerOutput;
  #wallClock = 0;
  #plan: PartPlan = { frames: 1, first: 0, others: 0 };
  /** In ticks. Of parts it is the target, which stays when frames become longer or shorter. */
  #longest: number | undefined;
  #video: ProgramSample[] = [];
  #audio: ProgramSample[] = [];
  /** End of the sound that is out, in samples. */
  #soundEnd = 0;
  #cuts: Cut[] = [];
  /** Frames of the group of pictures so far, and its parts that are complete. */
  #frames = 0;
  #parts = 0;
  /** Ticks of the group of pictures, and of the segment before it. */
  #groupDuration = 0;
  #segmentDuration = 0;
  #fragments = 0;
  #segmentOpen = false;

  constructor(options: PackagerOptions, output: PackagerOutput) {
    this.#options = options;
    this.#output = output;
  }

  format(format: ProgramFormat, start: ProgramStart): void {
    this.#flush();
    this.#wallClock = start.wallClock;
    const { keyframeInterval, wantedPart } = this.#options;
    const { frameRate } = format.video;
    const group = { frameRate, keyframeInterval };
    if (wantedPart === undefined) this.#longest = longestDuration(groupLength(group), frameRate);
    else this.#longest ??= longestDuration(framesPerPart({ ...group, wantedPart }), frameRate);
    this.#plan = partPlan(this.#longest, group);
    this.#output.init(initSegment(format), format, this.#longest);
  }

  sample(sample: ProgramSample): void {
    if (sample.kind === 'video') this.#takeFrame(onGrid(sample));
    // Under another encoder of the picture, sound comes again: players would take its time for that of the picture.
    else if (sample.time >= this.#soundEnd) this.#audio.push(sample);
    this.#release(false);
  }

  end(): void {
    this.#flush();
  }

  #takeFrame(sample: ProgramSample): void {
    // A group of pictures that ends early, or a part that frames of other lengths have filled.
    if (sample.keyframe && this.#frames > 0) this.#endGroup(this.#endsShort());
    else if (this.#exceeds(this.#partDuration() + sample.duration)) this.#cut(false);
    this.#video.push(sample);
    this.#frames += 1;
    this.#groupDuration += sample.duration;
    if (this.#frames >= this.#plan.frames) this.#endGroup();
    else if (this.#partDuration() + sample.duration / 2 >= this.#wanted()) this.#cut(false);
  }

  /** Only parts have a strict limit. */
  #exceeds(duration: number): boolean {
    return this.#options.wantedPart !== undefined && duration > (this.#longest ?? duration);
  }

  /** Length of the current part, in ticks. */
  #wanted(): number {
    if (this.#options.wantedPart === undefined) return Number.POSITIVE_INFINITY;
    return this.#parts === 0 ? this.#plan.first : this.#plan.others;
  }

  /** Whether the current part would be shorter than parts may be that are not the first of a group or the last of a segment. */
  #endsShort(): boolean {
    const duration = this.#partDuration();
    const shortest = this.#options.wantedPart === undefined ? 0 : shortestShare * (this.#longest ?? 0);
    return this.#parts > 0 && duration > 0 && duration < shortest;
  }

  /** @param last whether the segment ends with it in any case */
  #endGroup(last = false): void {
    this.#segmentDuration += this.#groupDuration;
    const next = Math.max(this.#groupDuration, this.#options.keyframeInterval * perMs);
    // Half a second more would already be rounded up beyond the target duration.
    const full = last || this.#segmentDuration + next > this.#options.segmentDuration * perMs + timescale.video * 0.49;
    this.#frames = 0;
    this.#groupDuration = 0;
    if (full && this.#video.length === 0) this.#endSegment();
    else this.#cut(full);
    this.#parts = 0;
    if (full) this.#segmentDuration = 0;
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
    this.#audio = [];
    this.#frames = 0;
    this.#parts = 0;
    this.#groupDuration = 0;
    this.#segmentDuration = 0;
  }

  #release(incomplete: boolean): void {
    for (let cut = this.#cuts[0]; cut; cut = this.#cuts[0]) {
      const [first] = cut.video;
      const last = cut.video.at(-1);
      if (!first || !last) throw new Error('A fragment without frames.');
      const end = soundTime(last.time + last.duration);
      const sound = this.#audio.at(-1);
      if (!incomplete && (!sound || sound.time + sound.duration <= end)) return;
      this.#cuts.shift();
      this.#send(cut, first, end);
    }
  }

  #send({ video, last }: Cut, first: ProgramSample, end: number): void {
    // Never as long as the picture, always longer: see `grid`.
    const count = this.#audio.findIndex(({ time }) => time > end);
    const audio = this.#audio.splice(0, count < 0 ? this.#audio.length : count);
    const sound = audio.at(-1);
    if (sound) this.#soundEnd = sound.time + sound.duration;
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

  #partDuration(): number {
    return this.#video.reduce((ticks, { duration }) => ticks + duration, 0);
  }
}

/** To the nearest whole number of {@link grid}s. */
function onGrid(sample: ProgramSample): ProgramSample {
  const [time, end] = [sample.time, sample.time + sample.duration].map((ticks) => Math.round(ticks / grid) * grid);
  return { ...sample, time: time as number, duration: (end as number) - (time as number) };
}

/** From ticks of video to ticks of audio. */
const soundTime = (ticks: number) => (ticks * timescale.audio) / timescale.video;
