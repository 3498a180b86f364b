import {
  type ProgramFormat,
  type ProgramSample,
  type ProgramSink,
  type ProgramStart,
  timescale,
} from './program-sample.ts';

/** Sound is kept for a sink that waits for a keyframe, in samples: the picture may be this much behind. */
const keptSound = timescale.audio;

interface Member {
  readonly sink: ProgramSink;
  /** Where its first keyframe stood, in seconds; undefined while it waits for one. */
  start: number | undefined;
}

/** Hands one program to any number of sinks, each from a keyframe on. */
export class ProgramFanout {
  readonly #members = new Map<ProgramSink, Member>();
  #format: { format: ProgramFormat; start: ProgramStart } | undefined;
  #sound: ProgramSample[] = [];

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
    // Sound goes on under a new encoder of the picture: what is kept may belong to its first keyframe.
    for (const member of this.#members.values()) {
      member.start = undefined;
      member.sink.format(format, start);
    }
  }

  sample(sample: ProgramSample): void {
    if (sample.kind === 'audio') this.#keep(sample);
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
    for (const sound of this.#sound) if (isAfter(sound, start)) member.sink.sample(sound);
  }

  #keep(sample: ProgramSample): void {
    this.#sound.push(sample);
    while ((this.#sound[0]?.time ?? sample.time) < sample.time - keptSound) this.#sound.shift();
  }
}

/** Whether a sound is to be heard after this moment, in seconds. */
const isAfter = ({ time, duration }: ProgramSample, moment: number) => time + duration > moment * timescale.audio;
