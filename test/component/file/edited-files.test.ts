// Of a file with an edit list nobody sees or hears what a player would not show.
import { readFile, writeFile } from 'node:fs/promises';
import t from 'tap';
import { editListAt, withEdits } from '../../media/mp4/edited-mp4.ts';
import { FileRoom, type ViewedTrack } from './played-file.ts';
import { SampleMedia } from './sample-media.ts';
import { difference, frequencyOf, heardSamples, picturesOf, seenPictures, seenTimes } from './shown-media.ts';

const media = await SampleMedia.open(t);
const colours = (width: number) =>
  `color=red:s=${width}x120:r=25:d=1[a];color=blue:s=${width}x120:r=25:d=1[b];[a][b]concat`;
const tones = 'sine=f=440:d=1:r=48000[a];sine=f=1000:d=1:r=48000[b];[a][b]concat=v=0:a=1';
const video = ['-pix_fmt', 'yuv420p', '-preset', 'ultrafast', '-g', '250', '-threads', '1'];
const audio = ['-c:a', 'libopus', '-b:a', '64k'];
const both = ['-f', 'lavfi', '-i', colours(160), '-f', 'lavfi', '-i', tones];
const two = (name: string, bFrames: number, sound: string[]) =>
  media.other(name, [...both, '-c:v', 'libx264', '-bf', String(bFrames), ...video, ...sound]);
await Promise.all([two('whole.mp4', 0, audio), two('b-frames.mp4', 2, ['-c:a', 'aac'])]);

/** Plays a file with video and then, if it has it, audio. */
async function play(name: string): Promise<ViewedTrack[]> {
  const room = await FileRoom.open(t, media);
  const component = await room.play(name);
  return await room.recordAll([...component.tracks.keys()]);
}

/** Replaces the edit list of the video. @param edits duration and start in seconds; a start of -1 shows nothing */
async function edited(from: string, to: string, edits: readonly (readonly [number, number])[]): Promise<void> {
  const bytes = await readFile(media.path(from));
  await writeFile(media.path(to), withEdits(bytes, edits));
}

/** The viewer sees the pictures of a player, at their times. */
async function isSeenAsShown(name: string, track: ViewedTrack): Promise<void> {
  const [seen, shown] = await Promise.all([seenPictures(track), picturesOf(media.path(name))]);
  for (const end of [0, -1]) {
    const distance = difference(seen.at(end), shown.at(end));
    t.ok(distance < 12, `${name}: ${distance} at ${end}`);
  }
  const times = seenTimes(track, 90_000);
  // a viewer who comes late gets the first picture twice
  t.ok(Math.abs(times.length - shown.length) <= 2, `${name}: ${times.length} of ${shown.length} pictures`);
}

t.test('what is cut off at the start without being encoded anew is not shown', async (t) => {
  for (const [name, from] of [
    ['cut.mp4', 'whole.mp4'],
    ['cut-b-frames.mp4', 'b-frames.mp4'],
  ] as const) {
    await media.other(name, ['-ss', '1.2', '-i', media.path(from), '-c', 'copy']);
    t.ok(editListAt(await readFile(media.path(name))), 'it has an edit list');
    const [video, audio] = (await play(name)) as [ViewedTrack, ViewedTrack];
    await isSeenAsShown(name, video);
    const blue = (await seenPictures(video))[0];
    t.ok(blue && (blue.data[2] ?? 0) > 200 && (blue.data[0] ?? 255) < 60, `${name} begins in blue`);
    const frequency = frequencyOf((await heardSamples(audio)).subarray(4800));
    t.ok(Math.abs(frequency - 1000) < 30, `${name}: ${frequency} Hz`);
  }
});

t.test('what is cut off at the end is not shown', async (t) => {
  for (const from of ['whole.mp4', 'b-frames.mp4']) {
    await edited(from, `short-${from}`, [[0.8, from === 'whole.mp4' ? 0 : 0.08]]);
    const [video] = (await play(`short-${from}`)) as [ViewedTrack];
    await isSeenAsShown(`short-${from}`, video);
    t.ok((seenTimes(video, 90_000).at(-1) ?? 0) < 0.8, from);
  }
});

t.test('a delay at the start holds the video back', async (t) => {
  await edited('whole.mp4', 'delayed.mp4', [
    [0.5, -1],
    [2, 0],
  ]);
  const [video, audio] = (await play('delayed.mp4')) as [ViewedTrack, ViewedTrack];
  await isSeenAsShown('delayed.mp4', video);
  const behind = (video.packets[0]?.arrivedAt ?? 0) - (audio.packets[0]?.arrivedAt ?? 0);
  t.ok(behind > 250, `video comes ${behind} ms after audio`);
});

t.test('several pieces are shown one after the other', async (t) => {
  await edited('whole.mp4', 'pieces.mp4', [
    [0.4, 1.4],
    [0.4, 0.2],
  ]);
  const [video] = (await play('pieces.mp4')) as [ViewedTrack];
  await isSeenAsShown('pieces.mp4', video);
  const pictures = await seenPictures(video);
  t.ok((pictures[0]?.data[2] ?? 0) > 200, 'blue first');
  t.ok((pictures.at(-1)?.data[0] ?? 0) > 200, 'then red');
});

t.test('a file without any edit is passed through', async (t) => {
  const room = await FileRoom.open(t, media);
  const component = await room.play('whole.mp4');
  await room.recordAll([...component.tracks.keys()]);
  t.notOk(room.log.some(({ process }) => process === 'file-transcoder'));
});

t.test('of a video that an edit list hides as a whole only the audio is played', async (t) => {
  for (const [name, edits] of [
    ['delay-only.mp4', [[1, -1]]],
    ['beyond-the-end.mp4', [[1, 9]]],
  ] as const) {
    await edited('whole.mp4', name, edits);
    const [video, audio] = (await play(name)) as [ViewedTrack, ViewedTrack];
    t.equal(video.packets.length, 0, name);
    const heard = (await heardSamples(audio)).length / 48_000;
    t.ok(heard > 1.7 && heard < 2.2, `${name}: ${heard} s are heard`);
  }
});
