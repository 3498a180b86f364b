import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import type { ProgramSample } from '../../../src/media/sample.ts';
import type { Size } from '../../../src/media/size.ts';
import { ffmpegOutput } from '../../command-output.ts';
import type { ReceivedProgram, RunningComposer } from './running-composer.ts';

/** Pictures are decoded to this size by default. */
const usualSize: Size = { width: 160, height: 90 };

export type Rgb = readonly [red: number, green: number, blue: number];

/** A part of the picture; 0 to 1 from the upper left corner. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A program as a player sees and hears it. */
export class DecodedProgram {
  readonly pictures: Buffer;
  /** One channel, 48 kHz. */
  readonly sound: Int16Array;
  readonly #size: Size;
  /** When each picture begins, in ms. */
  readonly #times: readonly number[];

  private constructor(size: Size, pictures: Buffer, sound: Int16Array, times: readonly number[]) {
    this.#size = size;
    this.pictures = pictures;
    this.sound = sound;
    this.#times = times;
  }

  /** @param all of a program that may still go on */
  static async decode(all: readonly ReceivedProgram[], size = usualSize): Promise<DecodedProgram> {
    const received = all.map(({ format, samples }) => ({ format, samples: [...samples] }));
    const folder = await mkdtemp(join(tmpdir(), 'program-'));
    try {
      const video = join(folder, 'video.h264');
      await writeFile(video, Buffer.concat(received.map(toByteStream)));
      const scale = `scale=${size.width}:${size.height}:flags=area`;
      const pictures = await ffmpegOutput([
        ...['-f', 'h264', '-i', video, '-vf', scale, '-fps_mode', 'passthrough'],
        ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
      ]);
      const samples = received.flatMap((part) => part.samples);
      const sound = await DecodedProgram.decodeSound(
        samples.filter(({ kind }) => kind === 'audio').map(({ data }) => data),
        received[0]?.format.audio.channels ?? 2,
      );
      const times = samples.filter(({ kind }) => kind === 'video').map(({ time }) => time / 90);
      return new DecodedProgram(size, pictures, sound, times);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** AAC frames as samples of one channel. */
  static async decodeSound(frames: readonly Uint8Array[], channels: 1 | 2): Promise<Int16Array> {
    if (frames.length === 0) return new Int16Array();
    const folder = await mkdtemp(join(tmpdir(), 'sound-'));
    try {
      const file = join(folder, 'audio.aac');
      await writeFile(file, Buffer.concat(frames.flatMap((data) => [adtsHeader(data.length, channels), data])));
      const sound = await ffmpegOutput(['-xerror', '-f', 'aac', '-i', file, '-ac', '1', '-f', 's16le', 'pipe:1']);
      return new Int16Array(sound.buffer.slice(sound.byteOffset, sound.byteOffset + sound.byteLength));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  get frames(): number {
    return this.pictures.length / (this.#size.width * this.#size.height * 3);
  }

  /** Mean colour. @param time ms of the program */
  colour(time: number, area: Area): Rgb {
    const { width: columns, height: rows } = this.#size;
    const start = this.#times.findLastIndex((begin) => begin <= time) * columns * rows * 3;
    const sums = [0, 0, 0];
    let count = 0;
    for (let y = Math.round(area.y * rows); y < Math.round((area.y + area.height) * rows); y += 1) {
      for (let x = Math.round(area.x * columns); x < Math.round((area.x + area.width) * columns); x += 1) {
        for (const channel of [0, 1, 2]) {
          sums[channel] = (sums[channel] ?? 0) + (this.pictures[start + (y * columns + x) * 3 + channel] ?? 0);
        }
        count += 1;
      }
    }
    return [0, 1, 2].map((channel) => Math.round((sums[channel] ?? 0) / count)) as unknown as Rgb;
  }

  /** Amplitude of a tone, of 1 (Goertzel). @param time and length in ms, frequency in Hz */
  tone(frequency: number, time: number, length = 200): number {
    const samples = this.sound.subarray(Math.round(time * 48), Math.round((time + length) * 48));
    const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / 48_000);
    let [before, last] = [0, 0];
    for (const sample of samples) [before, last] = [last, sample / 32_768 + coefficient * last - before];
    const power = last * last + before * before - coefficient * last * before;
    return (2 * Math.sqrt(Math.max(power, 0))) / samples.length;
  }

  /** When the picture becomes bright, in ms. */
  flashes(area: Area = { x: 0.3, y: 0.3, width: 0.4, height: 0.4 }): number[] {
    const levels = this.#times.map((time) => ({ time, high: this.colour(time, area)[0] > 120 }));
    return risingEdges(levels).map(Math.round);
  }

  /** When a tone begins, in ms. */
  beeps(): number[] {
    const step = 48;
    const levels = Array.from({ length: Math.floor(this.sound.length / step) }, (_, index) => {
      const part = this.sound.subarray(index * step, (index + 1) * step);
      return { time: index, high: part.some((sample) => Math.abs(sample) > 3000) };
    });
    // a wave passes zero
    return risingEdges(levels).filter((time, index, all) => index === 0 || time - (all[index - 1] ?? 0) > 500);
  }
}

function risingEdges(levels: readonly { time: number; high: boolean }[]): number[] {
  return levels.filter(({ high }, index) => high && !levels[index - 1]?.high).map(({ time }) => time);
}

/** How often a program is looked at, and ms that it goes on from one time to the next. */
const mostLooks = 40;
const betweenLooks = 500;

/**
 * Lets the program go on until it is as it should be at its end: what changes in a room shows after some time, which is longer where
 * the machine is slow.
 * @param least ms that it goes on before the first look
 * @param isSo gets the time of the last picture, in ms of the program
 * @returns that time. @throws when it does not come to that
 */
export async function shows(
  worker: RunningComposer,
  what: string,
  isSo: (program: DecodedProgram, end: number) => boolean,
  least = 1000,
): Promise<number> {
  await worker.play(least);
  for (let look = 0; look < mostLooks; look += 1) {
    const end = worker.position - 50;
    if (isSo(await DecodedProgram.decode(worker.received), end)) return end;
    await worker.play(betweenLooks);
  }
  throw new Error(`The program never shows ${what}.`);
}

/** Says what no program may lack: each kind without a hole, at a constant rate, and all of it decodable. */
export async function assertWhole(t: Test, received: readonly ReceivedProgram[]): Promise<DecodedProgram> {
  const samples = received.flatMap((part) => part.samples);
  for (const kind of ['video', 'audio'] as const) {
    const own = samples.filter((sample) => sample.kind === kind);
    t.equal(own[0]?.time, 0, `${kind} begins at 0`);
    t.same(own.flatMap(holeBefore), [], `${kind} has no hole`);
  }
  for (const { format, samples } of received) {
    const videos = samples.filter(({ kind }) => kind === 'video');
    const usual = 90_000 / format.video.frameRate;
    // where a machine cannot follow, a picture may last for as long as a part of HLS
    t.same(
      videos.filter(({ duration }) => duration % usual !== 0 || duration > 27_000),
      [],
      `epoch ${format.epoch} has a constant rate`,
    );
    t.same(
      videos.filter(({ time, keyframe }) => time % 90_000 === 0 && !keyframe),
      [],
      `epoch ${format.epoch} has a keyframe at each second`,
    );
    t.equal(videos[0]?.keyframe ?? true, true, `epoch ${format.epoch} begins with a keyframe`);
  }
  t.same(
    received.map(({ format }) => format.epoch),
    received.map((_, index) => index),
  );
  const decoded = await DecodedProgram.decode(received);
  t.equal(decoded.frames, samples.filter(({ kind }) => kind === 'video').length, 'each frame can be decoded');
  const blocks = samples.filter(({ kind }) => kind === 'audio').length;
  t.equal(decoded.sound.length, blocks * 1024, 'all sound can be decoded');
  return decoded;
}

function holeBefore(sample: ProgramSample, index: number, all: readonly ProgramSample[]): string[] {
  const last = all[index - 1];
  if (!last || last.time + last.duration === sample.time) return [];
  return [`${last.time} + ${last.duration} -> ${sample.time}`];
}

function toByteStream({ format, samples }: ReceivedProgram): Buffer {
  const sets = parameterSets(Buffer.from(format.video.decoderConfiguration));
  const videos = samples.filter(({ kind }) => kind === 'video');
  return Buffer.concat([toAnnexB(sets), ...videos.map(({ data }) => toAnnexB(units(Buffer.from(data))))]);
}

function units(data: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    const end = at + 4 + data.readUInt32BE(at);
    nals.push(data.subarray(at + 4, end));
    at = end;
  }
  return nals;
}

/** ISO/IEC 14496-15 section 5.3.3.1; a single set of each kind. */
function parameterSets(record: Buffer): Buffer[] {
  const spsEnd = 8 + record.readUInt16BE(6);
  return [record.subarray(8, spsEnd), record.subarray(spsEnd + 3, spsEnd + 3 + record.readUInt16BE(spsEnd + 1))];
}

function adtsHeader(length: number, channels: 1 | 2): Buffer {
  const header = Buffer.from([0xff, 0xf1, 0x4c, 0, 0, 0x1f, 0xfc]);
  header.writeUInt8((channels << 6) | ((length + 7) >> 11), 3);
  header.writeUInt16BE((((length + 7) & 0x7ff) << 5) | 0x1f, 4);
  return header;
}
