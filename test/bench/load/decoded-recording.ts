import { commandOutput } from '../../command-output.ts';

const options = { encoding: 'buffer', maxBuffer: 2 ** 30 } as const;

/** Pictures are compared this small. */
const [width, height] = [64, 36];
/** Mean difference of two pictures, of 255, from which on something has moved. */
const movement = 0.1;
/** Seconds that a recording may be longer or shorter: the program of a room begins when its processes run. */
const tolerance = 5;
/** Share of the pictures that have to differ from the one before, or the source was not seen. */
const minMoving = 0.1;

/** What a decoder finds in a recording, so that no figure is that of a broken one. */
export interface DecodedRecording {
  readonly pictures: number;
  /** Per second of the recording: pictures that differ from the one before. */
  readonly movingRate: number;
  /** Seconds from the beginning to the first picture that moves. */
  readonly firstMoving: number;
  /** Seconds of sound. */
  readonly sound: number;
}

/**
 * Decodes all of a recording of moving pictures and sound.
 * @param seconds that it should last
 * @throws Error when it cannot be decoded, lasts longer or shorter, stands still or is silent
 */
export async function readRecording(file: string, seconds: number, frameRate: number): Promise<DecodedRecording> {
  const input = ['-nostdin', '-v', 'error', '-i', file];
  const small = ['-vf', `scale=${width}:${height}:flags=area`, '-pix_fmt', 'gray', '-fps_mode', 'passthrough'];
  const { stdout: pictures } = await decode([...input, '-map', '0:v', ...small, '-f', 'rawvideo', '-']);
  // Holes become silence, as in a player.
  const plain = ['-af', 'aresample=async=1', '-ac', '1', '-ar', '8000', '-f', 's16le'];
  const { stdout: sound } = await decode([...input, '-map', '0:a', ...plain, '-']);
  const count = pictures.length / (width * height);
  const moving = movingPictures(pictures, count);
  const found = {
    pictures: count,
    movingRate: moving.length / (count / frameRate),
    firstMoving: (moving[0] ?? count) / frameRate,
    sound: sound.length / 2 / 8000,
  };
  const samples = new Int16Array(sound.buffer.slice(sound.byteOffset, sound.byteOffset + sound.length));
  const wrong = [
    Math.abs(count / frameRate - seconds) > tolerance && 'wrong length',
    Math.abs(found.sound - count / frameRate) > tolerance && 'sound of another length',
    moving.length < minMoving * count && 'stands still',
    samples.every((sample) => Math.abs(sample) < 300) && 'silent',
  ].filter((fault) => fault !== false);
  if (wrong.length > 0) throw new Error(`${file} is broken: ${wrong.join(', ')}; ${JSON.stringify(found)}`);
  return found;
}

async function decode(args: readonly string[]): Promise<{ stdout: Buffer }> {
  const { stdout, stderr } = await commandOutput('ffmpeg', [...args], options);
  if (stderr.length > 0) throw new Error(`The decoder complained: ${stderr}`);
  return { stdout };
}

/** @returns the indices of those that differ from the one before */
function movingPictures(pictures: Buffer, count: number): number[] {
  const size = width * height;
  const moving: number[] = [];
  for (let picture = 1; picture < count; picture += 1) {
    let difference = 0;
    for (let at = picture * size; at < (picture + 1) * size; at += 1) {
      difference += Math.abs((pictures[at] ?? 0) - (pictures[at - size] ?? 0));
    }
    if (difference / size > movement) moving.push(picture);
  }
  return moving;
}
