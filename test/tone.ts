/** Samples of one channel, 16 bits signed, and how many there are per second. */
export interface Sound {
  readonly samples: Int16Array;
  /** In Hz. */
  readonly rate: number;
}

/** Amplitude of a tone, of 1 (Goertzel), over the whole sound. @param frequency in Hz */
export function toneLevel({ samples, rate }: Sound, frequency: number): number {
  if (samples.length === 0) return 0;
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let before = 0;
  let last = 0;
  for (const sample of samples) {
    const next = sample / 32_768 + coefficient * last - before;
    before = last;
    last = next;
  }
  const power = last * last + before * before - coefficient * last * before;
  return (2 * Math.sqrt(Math.max(power, 0))) / samples.length;
}

/**
 * Mean amplitude of a tone in windows of 100 ms: one whose phase jumps, because samples were left out or made up, is as loud as before.
 * @param frequency in Hz, a multiple of 10
 */
export function meanToneLevel(sound: Sound, frequency: number): number {
  const windows = Math.floor(soundLength(sound) / 100);
  const levels = Array.from({ length: windows }, (_, index) =>
    toneLevel(part(sound, index * 100, (index + 1) * 100), frequency),
  );
  return levels.reduce((sum, level) => sum + level, 0) / Math.max(windows, 1);
}

/** A part of a sound. @param from, to in ms; without `to`: until its end */
export function part({ samples, rate }: Sound, from: number, to = Number.POSITIVE_INFINITY): Sound {
  const index = (time: number) => Math.min(Math.round((time * rate) / 1000), samples.length);
  return { rate, samples: samples.subarray(index(from), index(to)) };
}

/** Duration in ms. */
export function soundLength({ samples, rate }: Sound): number {
  return (samples.length / rate) * 1000;
}

/** Root mean square of each frame, of 1. @param length of a frame, in ms; what is left at the end is left out */
export function frameLevels({ samples, rate }: Sound, length = 10): number[] {
  const size = Math.round((rate * length) / 1000);
  return Array.from({ length: Math.floor(samples.length / size) }, (_, index) => {
    let sum = 0;
    for (const sample of samples.subarray(index * size, (index + 1) * size)) sum += sample * sample;
    return Math.sqrt(sum / size) / 32_768;
  });
}

/** How many frames of 10 ms are quieter than 30 % of the median: gaps in a tone that should go on. A sound without any is all gaps. */
export function dropOuts(sound: Sound): number {
  const levels = frameLevels(sound);
  const median = [...levels].sort((a, b) => a - b)[Math.floor(levels.length / 2)] ?? 0;
  if (median < 0.001) return levels.length;
  return levels.filter((level) => level < 0.3 * median).length;
}

/** A sine. @param duration in ms @param amplitude of 1 */
export function sine(frequency: number, duration: number, rate = 48_000, amplitude = 0.3): Sound {
  const samples = new Int16Array(Math.round((duration * rate) / 1000));
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = Math.round(32_767 * amplitude * Math.sin((2 * Math.PI * frequency * index) / rate));
  }
  return { samples, rate };
}

/** The first channel of a WAV file of 16 bits. One that was not closed is read until its end. @throws when it is none */
export function readWav(bytes: Buffer): Sound {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF') throw new Error('This is no WAV file.');
  let [channels, rate] = [1, 8000];
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [name, size] = [bytes.toString('latin1', at, at + 4), bytes.readUInt32LE(at + 4)];
    const body = at + 8;
    if (name === 'fmt ') [channels, rate] = [bytes.readUInt16LE(body + 2), bytes.readUInt32LE(body + 4)];
    if (name === 'data') return { rate, samples: firstChannel(bytes.subarray(body), channels) };
    at = body + size + (size % 2);
  }
  throw new Error('This WAV file has no sound.');
}

function firstChannel(data: Buffer, channels: number): Int16Array {
  const samples = new Int16Array(Math.floor(data.length / 2 / channels));
  for (let index = 0; index < samples.length; index += 1) samples[index] = data.readInt16LE(index * channels * 2);
  return samples;
}
