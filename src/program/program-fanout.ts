import {
  type PassthroughLimits,
  type ProgramFormat,
  type ProgramSample,
  type ProgramSink,
  type ProgramStart,
  timescale,
} from '../media/sample.ts';

/** Maximum audio that is kept while the video is behind, in samples, for sinks that wait for a keyframe. */
const maxAudio = 60 * timescale.audio;

interface Member {
  readonly sink: ProgramSink;
  /** Time of its first keyframe, in seconds; undefined while it waits for one. */
  start: number | undefined;
}

/** Delivers a program to any number of sinks, to each from a keyframe on. */
export class ProgramFanout {
  readonly #members = new Map<ProgramSink, Member>();
  #format: { format: ProgramFormat; start: ProgramStart } | undefined;
  /** Audio that may belong to the next keyframe. */
  #audio: ProgramSample[] = [];
  /** End of the video so far, in seconds. */
  #videoEnd = 0;

  get size(): number {
    return this.#members.size;
  }

  /** What all sinks require of frames that are passed through; undefined when one of them takes none, or there is no sink. */
  get passthrough(): PassthroughLimits | undefined {
    const limits = [...this.#members.keys()].map(({ passthrough }) => passthrough);
    if (limits.length === 0 || !limits.every((each) => each !== undefined)) return undefined;
    return {
      keyframeInterval: Math.min(...limits.map(({ keyframeInterval }) => keyframeInterval)),
      parts: limits.some(({ parts }) => parts),
    };
  }

  /** Adds a sink. One that takes no passed frames waits for the next format. */
  add(sink: ProgramSink): void {
    this.#members.set(sink, { sink, start: undefined });
    if (this.#format && this.#suits(sink)) sink.format(this.#format.format, this.#format.start);
  }

  /** Removes a sink, without a call to it. @returns whether it was there */
  remove(sink: ProgramSink): boolean {
    return this.#members.delete(sink);
  }

  format(format: ProgramFormat, start: ProgramStart): void {
    this.#format = { format, start };
    // Audio continues under a new video encoder, so kept audio may belong to its first keyframe.
    for (const member of this.#members.values()) {
      member.start = undefined;
      if (this.#suits(member.sink)) member.sink.format(format, start);
    }
  }

  sample(sample: ProgramSample): void {
    if (sample.kind === 'audio') this.#keep(sample);
    else this.#videoEnd = (sample.time + sample.duration) / timescale.video;
    for (const member of this.#members.values()) this.#deliver(member, sample);
  }

  end(error: Error | undefined): void {
    const members = [...this.#members.values()];
    this.#members.clear();
    for (const { sink } of members) sink.end(error);
  }

  #suits(sink: ProgramSink): boolean {
    return this.#format?.format.video.passed === undefined || sink.passthrough !== undefined;
  }

  #deliver(member: Member, sample: ProgramSample): void {
    if (!this.#suits(member.sink)) return;
    if (sample.kind === 'audio') {
      if (member.start !== undefined && isAfter(sample, member.start)) member.sink.sample(sample);
      return;
    }
    if (member.start !== undefined) return member.sink.sample(sample);
    if (!sample.keyframe) return;
    const start = sample.time / timescale.video;
    member.start = start;
    member.sink.sample(sample);
    for (const audio of this.#audio) if (isAfter(audio, start)) member.sink.sample(audio);
  }

  #keep(sample: ProgramSample): void {
    this.#audio.push(sample);
    const isNeeded = (audio: ProgramSample) => isAfter(audio, this.#videoEnd) && audio.time > sample.time - maxAudio;
    while (this.#audio[0] && !isNeeded(this.#audio[0])) this.#audio.shift();
  }
}

/** Whether audio ends after this time, in seconds. */
const isAfter = ({ time, duration }: ProgramSample, moment: number) => time + duration > moment * timescale.audio;
