import { commandOutput } from '../command-output.ts';

const rate = 8000;
/** Pictures are looked at this small. */
const width = 32;
const height = 18;

/** A recording or a captured stream, decoded: who is in the picture, who is heard, and whether both are together. */
export class RecordedProgram {
  readonly streams: readonly { codec_name: string; codec_type: string; width?: number; height?: number }[];
  /** Seconds. */
  readonly duration: number;
  readonly #pictures: Buffer;
  readonly #times: readonly number[];
  readonly #sound: Int16Array;
  readonly #soundStart: number;

  private constructor(parts: {
    streams: RecordedProgram['streams'];
    duration: number;
    pictures: Buffer;
    times: readonly number[];
    sound: Int16Array;
    soundStart: number;
  }) {
    this.streams = parts.streams;
    this.duration = parts.duration;
    this.#pictures = parts.pictures;
    this.#times = parts.times;
    this.#sound = parts.sound;
    this.#soundStart = parts.soundStart;
  }

  static async read(file: string): Promise<RecordedProgram> {
    const probe = await commandOutput(
      'ffprobe',
      ['-v', 'error', '-show_streams', '-show_format', '-show_packets', '-of', 'json', file],
      {
        maxBuffer: 2 ** 26,
      },
    );
    const { streams, format, packets } = JSON.parse(probe.stdout);
    const timesOf = (kind: string) =>
      (packets as { codec_type: string; pts_time: string }[])
        .filter(({ codec_type }) => codec_type === kind)
        .map(({ pts_time }) => Number(pts_time))
        .sort((one, other) => one - other);
    const decode = async (args: readonly string[]) => {
      const options = { encoding: 'buffer', maxBuffer: 2 ** 28 } as const;
      const { stdout, stderr } = await commandOutput(
        'ffmpeg',
        ['-nostdin', '-v', 'error', '-i', file, ...args, '-'],
        options,
      );
      if (stderr.length > 0) throw new Error(`The decoder complained: ${stderr}`);
      return stdout;
    };
    const small = [
      '-vf',
      `scale=${width}:${height}:flags=area`,
      '-pix_fmt',
      'rgb24',
      '-fps_mode',
      'passthrough',
      '-enc_time_base',
      '1:90000',
    ];
    const pictures = await decode(['-map', '0:v', ...small, '-f', 'rawvideo']);
    // Holes become silence.
    const bytes = await decode([
      '-map',
      '0:a',
      '-af',
      'aresample=async=1',
      '-ac',
      '1',
      '-ar',
      String(rate),
      '-f',
      's16le',
    ]);
    const sound = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const duration = Number(format.duration);
    const soundStart = timesOf('audio')[0] ?? 0;
    return new RecordedProgram({ streams, duration, pictures, times: timesOf('video'), sound, soundStart });
  }

  /** Share of the last picture in which a colour is the strongest by far, from 0 to 1. */
  share(colour: 'red' | 'green' | 'blue'): number {
    const at = ['red', 'green', 'blue'].indexOf(colour);
    const last = this.#pictures.subarray((this.#times.length - 1) * width * height * 3);
    let count = 0;
    for (let index = 0; index < last.length; index += 3) {
      const [own = 0] = [last[index + at]];
      const others = [last[index + ((at + 1) % 3)] ?? 0, last[index + ((at + 2) % 3)] ?? 0];
      if (others.every((other) => own > other + 60)) count += 1;
    }
    return count / (width * height);
  }

  /** How loud a tone is in the second half of the recording; 0 = not at all. @param frequency Hz */
  loudness(frequency: number): number {
    const half = this.#sound.subarray(this.#sound.length / 2);
    return goertzel(half, frequency);
  }

  /** Ms from each flash of the picture to the onset of the tone that belongs to it; positive: the sound is late. */
  flashOffsets(frequency: number): number[] {
    const flashes = this.#onsets(this.#times.map((time, index) => ({ time, level: this.#brightness(index) })));
    const step = rate / 200;
    const levels = Array.from({ length: Math.floor(this.#sound.length / step) - 4 }, (_, index) => ({
      time: this.#soundStart + (index * step) / rate,
      level: goertzel(this.#sound.subarray(index * step, (index + 2) * step), frequency),
    }));
    const beeps = this.#onsets(levels);
    return flashes.flatMap((flash) => {
      const nearest = beeps.toSorted((one, other) => Math.abs(one - flash) - Math.abs(other - flash))[0];
      return nearest === undefined || Math.abs(nearest - flash) > 0.4 ? [] : [(nearest - flash) * 1000];
    });
  }

  /** Where the level rises over the middle of what it reaches. */
  #onsets(levels: readonly { time: number; level: number }[]): number[] {
    const all = levels.map(({ level }) => level);
    const middle = (Math.max(...all) + Math.min(...all)) / 2;
    return levels.flatMap(({ time, level }, index) =>
      index > 0 && level > middle && (all[index - 1] ?? 0) <= middle ? [time] : [],
    );
  }

  #brightness(picture: number): number {
    const size = width * height * 3;
    const bytes = this.#pictures.subarray(picture * size, (picture + 1) * size);
    return bytes.reduce((sum, value) => sum + value, 0) / size;
  }
}

function goertzel(samples: Int16Array, frequency: number): number {
  const factor = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let [one, two] = [0, 0];
  for (const sample of samples) [one, two] = [sample + factor * one - two, one];
  return Math.sqrt(Math.max(0, one * one + two * two - factor * one * two)) / samples.length;
}
