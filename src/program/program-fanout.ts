import {
  type ProgramFormat,
  type ProgramSample,
  type ProgramSink,
  type ProgramStart,
  timescale,
} from '../media/sample.ts';

/** Sound that the picture is behind is kept for sinks that wait for a keyframe, in samples; at most so much, whatever becomes of it. */
const mostSound = 60 * timescale.audio;

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
  #sound: ProgramSample[] = [];
  /** Where the picture ends so far, in seconds. */
  #pictureEnd = 0;

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
    else this.#pictureEnd = (sample.time + sample.duration) / timescale.video;
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
    const isNeeded = (sound: ProgramSample) => isAfter(sound, this.#pictureEnd) && sound.time > sample.time - mostSound;
    while (this.#sound[0] && !isNeeded(this.#sound[0])) this.#sound.shift();
  }
}

/** Whether a sound is to be heard after this moment, in seconds. */
const isAfter = ({ time, duration }: ProgramSample, moment: number) => time + duration > moment * timescale.audio;
