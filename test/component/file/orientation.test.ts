// What everybody sees of a file is upright, whatever orientation its container states.
import { readFile, writeFile } from 'node:fs/promises';
import {
  BufferTarget,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  Input,
  MP4,
  Output,
  WEBM,
  WebMOutputFormat,
} from 'mediabunny';
import t from 'tap';
import { FileRoom } from './played-file.ts';
import { SampleMedia } from './sample-media.ts';
import { difference, picturesOf, seenPictures } from './shown-media.ts';

const media = await SampleMedia.open(t);
const pattern = [
  '-f',
  'lavfi',
  '-i',
  'testsrc=size=320x240:rate=10',
  '-t',
  '1',
  '-pix_fmt',
  'yuv420p',
  '-threads',
  '1',
];
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-g', '5'];
await media.other('plain.mp4', [...pattern, ...x264]);
const turns = [90, 180, 270];
for (const turn of turns) {
  const turned = ['-i', media.path('plain.mp4'), '-c', 'copy', '-metadata:s:v:0', `rotate=${turn}`];
  await media.other(`turned-${turn}.mp4`, turned);
}

async function seen(name: string) {
  const room = await FileRoom.open(t, media);
  await room.play(name);
  return await seenPictures(await room.record());
}

t.test('a display matrix that rotates is applied', async (t) => {
  for (const turn of turns) {
    const name = `turned-${turn}.mp4`;
    const [pictures, expected] = await Promise.all([seen(name), picturesOf(media.path(name))]);
    const size = turn === 180 ? { width: 320, height: 240 } : { width: 240, height: 320 };
    t.match(pictures[0], size, name);
    t.ok(pictures.length >= 10, `${name}: ${pictures.length} pictures`);
    for (const end of [0, -1]) {
      const distance = difference(pictures.at(end), expected.at(end));
      t.ok(distance < 12, `${name}: ${distance}`);
    }
    t.ok(difference(pictures[0], (await picturesOf(media.path('plain.mp4')))[0]) > 12, 'and it can be told');
  }
});

t.test('a display matrix that mirrors is applied', async (t) => {
  const bytes = await readFile(media.path('plain.mp4'));
  const [one, minusOne] = [Buffer.from([0, 1, 0, 0]), Buffer.from([0xff, 0xff, 0, 0])];
  const matrix = bytes.indexOf('tkhd') + 4 + 40;
  t.same(bytes.subarray(matrix, matrix + 4), one);
  minusOne.copy(bytes, matrix);
  await writeFile(media.path('mirrored.mp4'), bytes);
  const [pictures, [expected]] = await Promise.all([seen('mirrored.mp4'), picturesOf(media.path('mirrored.mp4'))]);
  t.ok(difference(pictures[0], expected) < 12);
});

t.test('a rotation in WebM is applied', async (t) => {
  await media.other('plain.webm', [...pattern, '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8']);
  const read = (name: string) => new Input({ formats: [MP4, WEBM], source: new FilePathSource(media.path(name)) });
  const rotation = await (await read('turned-90.mp4').getPrimaryVideoTrack())?.getRotation();
  t.not(rotation, 0);
  const source = await read('plain.webm').getPrimaryVideoTrack();
  if (!source || rotation === undefined) throw new Error('There is no video.');
  const output = new Output({ format: new WebMOutputFormat(), target: new BufferTarget() });
  const packets = new EncodedVideoPacketSource('vp8');
  output.addVideoTrack(packets, { rotation });
  await output.start();
  const decoderConfig = await source.getDecoderConfig();
  if (!decoderConfig) throw new Error('There is no configuration.');
  for await (const packet of new EncodedPacketSink(source).packets()) await packets.add(packet, { decoderConfig });
  await output.finalize();
  await writeFile(media.path('rolled.webm'), Buffer.from(output.target.buffer ?? new ArrayBuffer(0)));
  const [pictures, expected] = await Promise.all([seen('rolled.webm'), picturesOf(media.path('turned-90.mp4'))]);
  const distance = difference(pictures.at(-1), expected.at(-1));
  t.ok(distance < 14, String(distance));
});

t.test('video without a rotation is passed through', async (t) => {
  const room = await FileRoom.open(t, media);
  await room.play('plain.mp4');
  await room.record();
  t.notOk(room.log.some(({ process }) => process === 'file-transcoder'));
});
