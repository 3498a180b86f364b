// Files whose codecs WebRTC does not have, or that are not as they should be: docs/contracts/fishjam-rest.md 6.4.
import { readFile, writeFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import type { VideoCodec } from '../../../src/room/room-config.ts';
import { FileRoom, type ViewedTrack } from './played-file.ts';
import { SampleMedia } from './sample-media.ts';
import { difference, frequencyOf, heardSamples, picturesOf, seenPictures, seenTimes } from './shown-media.ts';

const media = await SampleMedia.open(t);
const pattern = (size = '320x240', seconds = 1) => ['-f', 'lavfi', '-i', `testsrc=size=${size}:rate=15:d=${seconds}`];
const tone = (frequency = 440, seconds = 1) => ['-f', 'lavfi', '-i', `sine=f=${frequency}:d=${seconds}`];
const vpx = ['-deadline', 'realtime', '-cpu-used', '8', '-b:v', '500k'];

async function play(t: Test, name: string, videoCodec: VideoCodec | null = 'h264') {
  const room = await FileRoom.open(t, media, videoCodec);
  const tracks = [...(await room.play(name)).tracks.values()];
  const viewed = await room.recordAll(tracks.map(({ id }) => id));
  const of = (kind: 'audio' | 'video') => viewed[tracks.findIndex(({ type }) => type === kind)] as ViewedTrack;
  return { room, video: of('video'), audio: of('audio'), types: room.world.events.map(({ type }) => type) };
}

/** All pictures of a file are seen as they are. */
async function isSeen(t: Test, name: string, video: ViewedTrack): Promise<void> {
  const [seen, shown] = await Promise.all([seenPictures(video), picturesOf(media.path(name))]);
  for (const end of [0, -1]) {
    const distance = difference(seen.at(end), shown.at(end));
    t.ok(distance < 14, `${name}: ${distance} at ${end}`);
  }
  const times = seenTimes(video, 90_000);
  t.ok(Math.abs(times.length - shown.length) <= 2, `${name}: ${times.length} of ${shown.length} pictures`);
}

/** A tone is heard for this long. */
async function isHeard(t: Test, name: string, audio: ViewedTrack, frequency: number, seconds: number): Promise<void> {
  const samples = await heardSamples(audio);
  const heard = frequencyOf(samples.subarray(4800, -4800));
  t.ok(Math.abs(heard - frequency) < frequency / 20, `${name}: ${heard} Hz`);
  // a viewer may come after the first packets
  const length = samples.length / 48_000;
  t.ok(length > seconds - 0.25 && length < seconds + 0.1, `${name}: ${length} s`);
}

t.test('video of an odd size is seen with an even one', async (t) => {
  const files = [
    ['libvpx', '321x240', 'webm'],
    ['libvpx', '320x241', 'webm'],
    ['libvpx-vp9', '339x191', 'webm'],
    ['libx264', '321x241', 'mp4'],
  ] as const;
  const check = async ([encoder, size, extension]: (typeof files)[number]) => {
    const name = `${encoder}-${size}.${extension}`;
    const coding = extension === 'webm' ? vpx : ['-pix_fmt', 'yuv444p', '-bf', '0'];
    await media.other(name, [...pattern(size), '-c:v', encoder, ...coding]);
    const { video, types } = await play(t, name);
    await isSeen(t, name, video);
    const [width, height] = size.split('x').map((text) => Math.floor(Number(text) / 2) * 2);
    t.match((await seenPictures(video))[0], { width, height }, name);
    t.same(types, ['trackAdded', 'trackRemoved'], name);
  };
  await Promise.all(files.map(check));
});

t.test('codecs that ffmpeg decodes are played', async (t) => {
  const both = [...pattern(), ...tone()];
  const files = {
    'mpeg4-mp3.mp4': ['-c:v', 'mpeg4', '-q:v', '2', '-c:a', 'libmp3lame'],
    'hevc-aac.mp4': ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-c:a', 'aac'],
    'mjpeg-ac3.mp4': ['-c:v', 'mjpeg', '-q:v', '2', '-c:a', 'ac3'],
    'high10-flac.mp4': ['-c:v', 'libx264', '-pix_fmt', 'yuv420p10le', '-bf', '0', '-c:a', 'flac', '-strict', '-2'],
    'vp9-vorbis.webm': ['-c:v', 'libvpx-vp9', ...vpx, '-c:a', 'libvorbis'],
    // as other programs name them
    'matroska.webm': ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-c:a', 'aac', '-f', 'matroska'],
    'quicktime.mp4': ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le', '-f', 'mov'],
    'CAMERA.MP4': ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
  };
  const check = async ([name, coding]: [string, string[]]) => {
    await media.other(name, [...both, ...coding]);
    const { video, audio, types } = await play(t, name);
    await isSeen(t, name, video);
    await isHeard(t, name, audio, 440, 1);
    t.same(types, ['trackAdded', 'trackAdded', 'trackRemoved', 'trackRemoved'], name);
  };
  await Promise.all(Object.entries(files).map(check));
});

t.test('a room with VP8 gets VP8 of every codec', async (t) => {
  await media.other('hevc.mp4', [...pattern(), '-c:v', 'libx265', '-x265-params', 'log-level=none']);
  const { room, video } = await play(t, 'hevc.mp4', 'vp8');
  t.ok(new Set(video.timestamps).size >= 13);
  t.same(
    room.world.events.map(({ type }) => type),
    ['trackAdded', 'trackRemoved'],
  );
});

t.test('audio in Ogg that is not Opus is played', async (t) => {
  const check = async (encoder: string) => {
    const name = `${encoder}.ogg`;
    await media.other(name, [...tone(), '-ar', '16000', '-c:a', encoder]);
    const { audio, types } = await play(t, name);
    await isHeard(t, name, audio, 440, 1);
    t.same(types, ['trackAdded', 'trackRemoved'], name);
  };
  await Promise.all(['libvorbis', 'flac', 'libspeex'].map(check));
});

t.test('all links of a chained Ogg are played, whatever their codecs', async (t) => {
  const coding = { opus: ['-c:a', 'libopus'], vorbis: ['-c:a', 'libvorbis', '-ac', '2'] };
  for (const [name, codec] of Object.entries(coding)) {
    await media.other(`${name}-low.ogg`, [...tone(440), ...codec]);
    await media.other(`${name}-high.ogg`, [...tone(1000), '-ar', name === 'opus' ? '48000' : '22050', ...codec]);
  }
  const chains = [
    ['opus-low', 'opus-high'],
    ['vorbis-low', 'vorbis-high'],
    ['opus-low', 'vorbis-high', 'opus-high'],
  ];
  const check = async (chain: string[]) => {
    const name = `${chain.join('-')}.ogg`;
    const links = await Promise.all(chain.map((link) => readFile(media.path(`${link}.ogg`))));
    await writeFile(media.path(name), Buffer.concat(links));
    const { audio, types } = await play(t, name);
    const samples = await heardSamples(audio);
    t.ok(Math.abs(samples.length / 48_000 - chain.length) < 0.25, `${chain}: ${samples.length / 48_000} s`);
    const last = frequencyOf(samples.subarray(-36_000, -4800));
    t.ok(Math.abs(last - 1000) < 50, `${chain}: ${last} Hz at the end`);
    const times = seenTimes(audio, 48_000);
    t.ok(
      times.every((time, index) => Math.abs(time - (times[index - 1] ?? time) - (index && 0.02)) < 0.021),
      'without a gap',
    );
    t.same(types, ['trackAdded', 'trackRemoved']);
  };
  await Promise.all(chains.map(check));
});

t.test('a file that is cut off, or damaged within, is played up to there and ends', async (t) => {
  const both = [...pattern('320x240', 2), ...tone(440, 2)];
  const x264 = ['-c:v', 'libx264', '-bf', '0', '-g', '15', '-pix_fmt', 'yuv420p'];
  const files = {
    'h264.mp4': [...both, ...x264, '-c:a', 'libopus', '-movflags', '+faststart'],
    'hevc.mp4': [
      ...both,
      '-c:v',
      'libx265',
      '-x265-params',
      'log-level=none',
      '-c:a',
      'aac',
      '-movflags',
      '+faststart',
    ],
    'fragments.mp4': [...both, ...x264, '-c:a', 'aac', '-movflags', '+frag_keyframe+empty_moov'],
    'vp8.webm': [...both, '-c:v', 'libvpx', ...vpx, '-c:a', 'libopus'],
    'vp9.webm': [...both, '-c:v', 'libvpx-vp9', ...vpx, '-c:a', 'libvorbis'],
    'opus.ogg': [...tone(440, 2), '-c:a', 'libopus'],
    'vorbis.ogg': [...tone(440, 2), '-c:a', 'libvorbis', '-page_duration', '100000'],
  };
  const check = async ([name, args]: [string, string[]]) => {
    await media.other(name, args);
    const bytes = await readFile(media.path(name));
    const from = Math.floor(bytes.length * 0.6);
    await writeFile(media.path(`cut-${name}`), bytes.subarray(0, from));
    await writeFile(media.path(`damaged-${name}`), bytes.fill(0x5a, from, from + Math.floor(bytes.length / 20)));
    for (const what of [`cut-${name}`, `damaged-${name}`]) {
      const { room, video, audio } = await play(t, what);
      if (video) t.ok(video.timestamps.length >= 8, `${what}: ${video.timestamps.length} pictures`);
      const heard = (await heardSamples(audio)).length / 48_000;
      t.ok(heard > 0.3 && heard < 2.5, `${what}: ${heard} s are heard`);
      await room.world.event('trackRemoved');
      const crashed = room.world.events.some(({ type }) => type === 'componentCrashed');
      t.notOk(crashed, what);
    }
  };
  await Promise.all(Object.entries(files).map(check));
});

t.test('of fragments that are cut off in a header nothing is lost before it', async (t) => {
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-pix_fmt', 'yuv420p', '-g', '15'];
  const fragments = ['-c:a', 'aac', '-movflags', '+empty_moov', '-frag_duration', '100000'];
  await media.other('many.mp4', [...pattern('160x120', 5), ...tone(440, 5), ...coding, ...fragments]);
  const bytes = await readFile(media.path('many.mp4'));
  // among the frames that are looked at ahead, and after them
  const check = async (share: number) => {
    const name = `header-${share}.mp4`;
    const head = bytes.indexOf('moof', Math.floor(bytes.length * share));
    await writeFile(media.path(name), bytes.subarray(0, head + 8));
    const { video, audio } = await play(t, name);
    await isSeen(t, name, video);
    t.ok(video.timestamps.length > 60 * share, `${video.timestamps.length} pictures`);
    await isHeard(t, name, audio, 440, video.timestamps.length / 15);
  };
  await Promise.all([0.3, 0.9].map(check));
});

t.test('a track that cannot be decoded is left out, and a file without others crashes', async (t) => {
  await media.other('known.mp4', [...pattern(), ...tone(), '-c:v', 'mpeg4', '-c:a', 'aac']);
  const bytes = await readFile(media.path('known.mp4'));
  const unknown = (name: string) => {
    bytes.write('zzzz', bytes.indexOf(name), 'latin1');
    bytes.write('zzzz', bytes.indexOf('esds'), 'latin1');
  };
  unknown('mp4v');
  await writeFile(media.path('unknown-video.mp4'), bytes);
  const { types, audio, room } = await play(t, 'unknown-video.mp4');
  await isHeard(t, 'unknown-video.mp4', audio, 440, 1);
  t.same(types, ['trackAdded', 'trackRemoved']);
  t.ok(room.log.some(({ msg }) => msg === 'The video of a file cannot be played.'));
  unknown('mp4a');
  await writeFile(media.path('unknown.mp4'), bytes);
  const other = await FileRoom.open(t, media);
  await other.play('unknown.mp4');
  await other.world.event('componentCrashed');
});

t.test('a track without anything to show is left out, whatever its codec', async (t) => {
  const both = [...pattern('320x240', 2), ...tone()];
  const fragments = ['-c:a', 'aac', '-movflags', '+frag_keyframe+empty_moov'];
  const files = {
    'no-h264.mp4': ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', ...fragments],
    'no-mpeg4.mp4': ['-c:v', 'mpeg4', ...fragments],
    'no-hevc.mp4': ['-c:v', 'libx265', '-x265-params', 'log-level=none', ...fragments],
    'no-vp8.webm': ['-c:v', 'libvpx', '-c:a', 'libvorbis'],
    'no-vp9.webm': ['-c:v', 'libvpx-vp9', '-c:a', 'libopus'],
  };
  const check = async ([name, coding]: [string, string[]]) => {
    await media.other(name, [...both, '-vf', 'select=0', ...coding]);
    const { audio, types, room } = await play(t, name);
    await isHeard(t, name, audio, 440, 1);
    await room.world.event('trackRemoved');
    t.notOk(types.includes('componentCrashed'), name);
  };
  await Promise.all(Object.entries(files).map(check));
});
