import {
  type ProgramFormat,
  type ProgramSample,
  type ProgramSink,
  type ProgramStart,
  timescale,
} from '../media/sample.ts';

/** Audio that the video is behind is kept for sinks that wait for a keyframe, in samples; at most so much, whatever becomes of it. */
const maxAudio = 60 * timescale.audio;

interface Member {
  readonly sink: ProgramSink;
  /** Where its first keyframe stood, in seconds; undefined while it waits for one. */
  start: number | undefined;
}

/** Hands one program to any number of sinks, each from a keyframe on. */
export class ProgramFanout {
  readonly #members = new Map<ProgramSink, Member>();
  #format: { format: ProgramFormat; start: ProgramStart } | undefined;
  /** What the next keyframe may need. */
  #audio: ProgramSample[] = [];
  /** Where the video ends so far, in seconds. */
  #videoEnd = 0;

  get size(): number {
    return this.#members.size;
  }

  add(sink: ProgramSink): void {
    this.#members.set(sink, { sink, start: undefined });
    if (this.#format) sink.format(this.#format.format, this.#format.start);
  }

  /** It is not told. @returns whether it was there */
  remove(sink: ProgramSink): boolean {
    return this.#members.delete(sink);
  }

  format(format: ProgramFormat, start: ProgramStart): void {
    this.#format = { format, start };
    // Audio goes on under a new video encoder: what is kept may belong to its first keyframe.
    for (const member of this.#members.values()) {
      member.start = undefined;
      member.sink.format(format, start);
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

  #deliver(member: Member, sample: ProgramSample): void {
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

/** Whether audio is to be heard after this moment, in seconds. */
const isAfter = ({ time, duration }: ProgramSample, moment: number) => time + duration > moment * timescale.audio;
