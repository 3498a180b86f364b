import { Readable } from 'node:stream';
import t from 'tap';
import type { SourceFrame } from '../../../src/component/file/transcoded-frames.ts';
import { ivfFrames } from '../../ivf-frames.ts';
import { FileRoom, type ViewedTrack } from './played-file.ts';
import { decodedFrames, SampleMedia } from './sample-media.ts';

const media = await SampleMedia.open(t);
await Promise.all([
  media.mp4('plain.mp4'),
  media.mp4('b-frames.mp4', { bFrames: 2, audio: 'libopus' }),
  media.webm('vp8.webm'),
  media.webm('vp9.webm', { video: 'libvpx-vp9' }),
]);

t.test('audio and video of MP4 and WebM are interleaved', async (t) => {
  for (const name of ['plain.mp4', 'b-frames.mp4', 'vp8.webm', 'vp9.webm']) {
    const room = await FileRoom.open(t, media);
    const component = await room.play(name);
    t.same(
      Array.from(component.tracks.values(), ({ type }) => type),
      ['video', 'audio'],
      name,
    );
    const [video, audio] = (await Promise.all([...component.tracks.keys()].map((id) => room.record(id)))) as [
      ViewedTrack,
      ViewedTrack,
    ];
    t.ok(video.gapless && audio.gapless, name);
    const pictures = video.packets.filter(({ marker }) => marker).length;
    t.equal(await decodedFrames(video.annexB), pictures, name);
    t.ok(pictures >= 30, name);
    t.ok(audio.packets.length >= 45 && audio.packets.length <= 54, `${name}: ${audio.packets.length} packets`);
    t.same(
      room.world.events.map(({ type }) => type),
      ['trackAdded', 'trackAdded', 'trackRemoved', 'trackRemoved'],
    );
  }
});

t.test('a room with VP8 gets VP8', async (t) => {
  for (const name of ['vp8.webm', 'plain.mp4']) {
    const room = await FileRoom.open(t, media, 'vp8');
    const component = await room.play(name);
    const [video] = [...room.world.room.media.publications.values()];
    t.equal(video?.mimeType, 'video/VP8');
    const { packets } = await room.record([...component.tracks.keys()][0]);
    const pictures = Map.groupBy(packets, ({ timestamp }) => timestamp);
    t.ok(pictures.size >= 30, name);
    // Our payload descriptors have one byte.
    const whole = Array.from(pictures.values(), (parts) =>
      Buffer.concat(parts.map(({ payload }) => payload.subarray(1))),
    );
    t.equal(await decodedFrames(await ivf(whole), 'ivf'), pictures.size, name);
  }
});

async function ivf(pictures: readonly Buffer[]): Promise<Buffer> {
  const timed = Readable.from(pictures.map((data, time) => ({ data, time, duration: 1 })));
  const written = await Readable.from(ivfFrames(timed, { fourcc: 'VP80', width: 320, height: 180 })).toArray();
  return Buffer.concat(written.map(({ data }: SourceFrame) => data));
}
