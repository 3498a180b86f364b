import { spawnSync } from 'node:child_process';

/** A tone as AAC access units of 1024 samples, stereo, low complexity. @param rate in Hz */
export function aacTone(seconds: number, rate = 44_100): Buffer[] {
  const tone = `sine=440:sample_rate=${rate}`;
  const args = [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    tone,
    '-t',
    String(seconds),
    '-ac',
    '2',
    '-c:a',
    'aac',
    '-f',
    'adts',
    'pipe:1',
  ];
  const { stdout } = spawnSync('ffmpeg', args);
  const units: Buffer[] = [];
  for (let position = 0; position + 7 <= stdout.length; ) {
    const length = (stdout.readUInt32BE(position + 2) >> 5) & 0x1fff || stdout.length;
    units.push(stdout.subarray(position + 7, position + length));
    position += length;
  }
  return units;
}
