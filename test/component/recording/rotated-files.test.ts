// Files of phones that were held upright, while they are recorded: the tracks and the composite are upright.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import { fileKind } from '../../../src/component/file/file-kind.ts';
import { ffmpegOutput } from '../../command-output.ts';
import { eventually } from '../../eventually.ts';
import { mediaLength } from '../../recorded-media.ts';
import { SampleMedia } from '../file/sample-media.ts';
import { RecordingRoom } from './recording-room.ts';

const media = await SampleMedia.open(t);
const halves = 'color=red:s=120x80:r=15[a];color=blue:s=120x80:r=15[b];[a][b]vstack';

/** Red above blue, when a player has rotated it. */
async function phone(turn: 90 | 270, seconds: number): Promise<string> {
  const [lying, name] = [turn === 90 ? 'clock' : 'cclock', `turned-${turn}.mp4`];
  const source = ['-f', 'lavfi', '-i', `${halves},transpose=${lying}`, '-t', String(seconds)];
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', '0', '-g', '15'];
  await media.other(`lying-${name}`, [...source, ...coding]);
  await media.other(name, ['-i', media.path(`lying-${name}`), '-c', 'copy', '-metadata:s:v:0', `rotate=${turn}`]);
  return name;
}

/** Red, green and blue of a point of the frame at a time; of the last one without a time. */
async function colour(path: string, x: number, y: number, time?: number): Promise<number[]> {
  const seek = time === undefined ? ['-sseof', '-0.7'] : ['-ss', String(time)];
  const graph = `crop=iw/20:ih/20:iw*${x}:ih*${y},scale=1:1`;
  const output = ['-frames:v', '1', '-vf', graph, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'];
  return [...(await ffmpegOutput([...seek, '-i', path, ...output]))];
}

function isRed([red = 0, , blue = 255]: number[]): boolean {
  return red > 180 && blue < 80;
}

t.test('rotated files that follow each other are upright in their tracks and in the composite', async (t) => {
  const names = [await phone(90, 12), await phone(270, 15)];
  const room = await RecordingRoom.open(t);
  const files = fileKind({ resourcesBasePath: media.resources, clock: systemClock, logger: pino({ enabled: false }) });
  await files.create(room.world.room, { filePath: names[0] });
  await room.record({ composed: true });
  const [folder = ''] = await room.parts();
  const part = join(folder, 'room.mp4.part');
  let shown = 0;
  await eventually('the first phone', async () => {
    shown = (await mediaLength(part)) - 0.7;
    return isRed(await colour(part, 0.5, 0.2, shown));
  });
  await files.create(room.world.room, { filePath: names[1] });
  await eventually('the end', async () => (await readdir(folder)).includes('room.mp4'));
  const composite = join(folder, 'room.mp4');
  for (const time of [shown, undefined]) {
    const [above, below, side] = [
      await colour(composite, 0.5, 0.2, time),
      await colour(composite, 0.5, 0.75, time),
      await colour(composite, 0.05, 0.5, time),
    ];
    t.ok(isRed(above), `red above at ${time}: ${above}`);
    t.ok((below[2] ?? 0) > 180 && (below[0] ?? 255) < 80, `blue below at ${time}: ${below}`);
    t.ok(Math.max(...side) < 40, `a border at the side at ${time}: ${side}`);
  }
  const tracks = (await readdir(folder)).filter((name) => name.endsWith('.mkv'));
  t.equal(tracks.length, 2);
  for (const name of tracks) {
    const path = join(folder, name);
    const [above, below] = [await colour(path, 0.5, 0.2, 0), await colour(path, 0.5, 0.75, 0)];
    t.ok((above[0] ?? 0) > 180 && (below[2] ?? 0) > 180, `${name}: ${above}, ${below}`);
  }
});
