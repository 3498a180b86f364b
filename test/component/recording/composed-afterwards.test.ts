// What is composed of the tracks afterwards is the composite that was composed live.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { composeRecording } from '../../../workers/compose/compose-recording.ts';
import { commandOutput, ffmpegOutput } from '../../command-output.ts';
import { eventually } from '../../eventually.ts';
import { mediaLength } from '../../recorded-media.ts';
import { opusScript, videoScript } from '../../scripts.ts';
import { RecordingRoom, settings } from './recording-room.ts';
import { ScriptedComponent } from './scripted-component.ts';

/** Frames per second that are compared, and their size. */
const rate = 10;
const [columns, rows] = [32, 18];
/** Of 255, on average: codecs and scalers differ. */
const alike = 12;
/** Seconds for which nothing happens around each moment that is compared, on each side. */
const quiet = 0.7;
/** Seconds that one composite may begin before the other. */
const apart = 2;

async function frames(path: string): Promise<Buffer[]> {
  const graph = `fps=${rate},scale=${columns}:${rows}:flags=area`;
  const bytes = await ffmpegOutput(['-i', path, '-vf', graph, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']);
  const length = columns * rows * 3;
  return Array.from({ length: bytes.length / length }, (_, index) =>
    bytes.subarray(index * length, (index + 1) * length),
  );
}

function isAlike(one: Buffer, other: Buffer | undefined): boolean {
  return (
    other !== undefined &&
    one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? 0)), 0) / one.length < alike
  );
}

/** Frames with nothing else around them, one of each scene, by their numbers. */
function moments(all: readonly Buffer[]): number[] {
  const around = Math.round(quiet * rate);
  const found: number[] = [];
  for (let at = around; at < all.length - around; at += 1) {
    const frame = all[at] as Buffer;
    if (!all.slice(at - around, at + around + 1).every((other) => isAlike(frame, other))) continue;
    const last = found.at(-1);
    if (last === undefined || !isAlike(frame, all[last])) found.push(at);
  }
  return found;
}

/** Moments at which something else is seen, when one composite is moved against the other as fits best. */
function differences(chosen: readonly number[], one: readonly Buffer[], other: readonly Buffer[]): number[] {
  const shifts = Array.from({ length: 2 * apart * rate + 1 }, (_, index) => index - apart * rate);
  const all = shifts.map((shift) => chosen.filter((at) => !isAlike(one[at] as Buffer, other[at + shift])));
  return all.sort((a, b) => a.length - b.length)[0]?.map((at) => at / rate) ?? [];
}

async function sound(path: string): Promise<{ channels: number; duration: number }> {
  const shown = ['-select_streams', 'a', '-show_entries', 'stream=channels,duration', '-of', 'json'];
  const { stdout } = await commandOutput('ffprobe', ['-v', 'error', ...shown, path]);
  const [{ channels, duration }] = JSON.parse(stdout).streams;
  return { channels, duration: Number(duration) };
}

t.test('joins, leaves, shares, silence and changes of size are composed afterwards as live', async (t) => {
  const red = await videoScript({ source: 'color=red:s=160x90:r=15', duration: 2, frameRate: 15 });
  const blue = await videoScript({ source: 'color=blue:s=160x90:r=15', duration: 2, frameRate: 15 });
  const narrow = await videoScript({ source: 'color=yellow:s=90x160:r=15', duration: 2, frameRate: 15 });
  const tone = await opusScript('sine=440', 2);
  const room = await RecordingRoom.open(t);
  const first = await ScriptedComponent.join(room.world.room);
  const second = await ScriptedComponent.join(room.world.room);
  const listener = await ScriptedComponent.join(room.world.room);
  const [silent, heard] = await first.publish([
    ['h264', red],
    ['opus', tone],
  ]);
  const { component } = await room.record({ composed: true });
  const [folder = ''] = await room.parts();
  const part = join(folder, 'room.mp4.part');
  /** Goes on as soon as there is so much more of the live composite, in s. */
  const filmed = async (seconds: number) => {
    const before = await mediaLength(part).catch(() => 0);
    await eventually('more of the composite', async () => (await mediaLength(part).catch(() => 0)) > before + seconds);
  };
  await filmed(2.5);
  if (!silent || !heard) throw new Error('Nothing is published.');
  first.mute(silent);
  const video = await second.share('h264', blue);
  await filmed(2);
  const [audio] = await listener.publish([['opus', tone]]);
  await filmed(2);
  if (!audio) throw new Error('Nothing is published.');
  second.change(video, narrow);
  listener.mute(audio);
  await filmed(2);
  second.unpublish(video);
  // until the one that has been silent from the beginning is a placeholder
  await filmed(7.5);
  first.unmute(silent);
  await filmed(2);
  listener.unpublish(audio);
  await filmed(2);
  await room.end(component);

  const live = join(folder, 'live.mp4');
  await rename(join(folder, 'room.mp4'), live);
  const afterwards = await composeRecording(folder, settings);
  const [expected, found] = [await frames(live), await frames(afterwards)];
  const chosen = moments(expected);
  t.ok(chosen.length >= 5, `${chosen}`);
  t.same(differences(chosen, expected, found), [], 'the same at all moments');
  const [one, other] = [await sound(live), await sound(afterwards)];
  t.equal(other.channels, one.channels);
  t.ok(Math.abs(other.duration - one.duration) < apart, `${other.duration} s instead of ${one.duration} s`);
});
