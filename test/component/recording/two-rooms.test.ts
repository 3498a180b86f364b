// Rooms that are recorded at the same time: each finds what is its own, and nothing else.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import { ffmpegOutput } from '../../command-output.ts';
import { RecordedProgram } from '../../end-to-end/recorded-program.ts';
import { eventually } from '../../eventually.ts';
import { mediaLength } from '../../recorded-media.ts';
import { RunningServer } from '../../running-server.ts';
import { manifestAt } from '../../storage/media-on-disk.ts';

const rooms = [
  { roomId: 'red-room', colour: 'red', tone: 440 },
  { roomId: 'blue-room', colour: 'blue', tone: 1500 },
] as const;
type Recorded = (typeof rooms)[number] & { readonly folder: string };

/** How often what is played is repeated: with its end the recording would end, too, before a busy machine has looked at it. */
const repeats = 20;

async function makeMedia(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { colour, tone } of rooms) {
    const frame = ['-f', 'lavfi', '-i', `color=${colour}:s=320x180:r=30`, '-t', '20', '-g', '15', '-bf', '0'];
    const video = await ffmpegOutput([...frame, '-c:v', 'libx264', '-preset', 'ultrafast', '-f', 'h264', 'pipe:1']);
    await writeFile(join(folder, `${colour}.h264`), Buffer.concat(Array(repeats).fill(video)));
    const audio = ['-f', 'lavfi', '-i', `aevalsrc=0.5*sin(2*PI*${tone}*t):s=48000`, '-t', '20'];
    const once = join(folder, `${colour}.once.ogg`);
    await writeFile(once, await ffmpegOutput([...audio, '-c:a', 'libopus', '-f', 'ogg', 'pipe:1']));
    const again = ['-stream_loop', `${repeats - 1}`, '-i', once, '-c', 'copy', '-f', 'ogg', 'pipe:1'];
    await writeFile(join(folder, `${colour}.ogg`), await ffmpegOutput(again));
  }
}

/** @param path with video and audio */
async function assertOwn(t: Test, path: string, own: Recorded): Promise<void> {
  const program = await RecordedProgram.read(path);
  for (const { colour, tone } of rooms) {
    const isOwn = colour === own.colour;
    const [share, loudness] = [program.share(colour), program.loudness(tone)];
    t.ok(isOwn ? share > 0.1 : share < 0.01, `${share} of the frame is ${colour}`);
    t.ok(isOwn ? loudness > 500 : loudness < 50, `${tone} Hz: ${loudness}`);
  }
}

t.test('two rooms are recorded at once', async (t) => {
  const server = await RunningServer.start(t, { SHOAL_RECORDING_LOCAL: 'true', SHOAL_PROGRAM_SIZE: '320x180' });
  const { resourcesBasePath } = server.config;
  await makeMedia(join(resourcesBasePath, 'file_component_sources'));
  const component = async (roomId: string, type: string, options: unknown) => {
    const { status, json } = await server.ask('POST', `/room/${roomId}/component`, { type, options });
    t.equal(status, 201, JSON.stringify(json));
  };
  for (const { roomId } of rooms) {
    await server.createRoom({ roomId, videoCodec: 'h264' });
    await component(roomId, 'recording', { composed: true });
  }
  for (const ending of ['h264', 'ogg']) {
    for (const { roomId, colour } of rooms) await component(roomId, 'file', { filePath: `${colour}.${ending}` });
  }
  const recorded: Recorded[] = [];
  for (const room of rooms) {
    const parts = join(resourcesBasePath, 'raw_recordings', room.roomId);
    const folder = join(parts, (await readdir(parts))[0] ?? '');
    recorded.push({ ...room, folder });
    const tracks = async () => Object.keys((await readReport(folder))?.tracks ?? {});
    await eventually('two tracks', async () => (await tracks()).length === 2);
    for (const name of [...(await tracks()), 'room.mp4.part'])
      await eventually(`media in ${name}`, async () => (await mediaLength(join(folder, name))) > 2);
  }
  for (const { roomId } of rooms) await server.delete(`/room/${roomId}`);
  for (const own of recorded) {
    const { folder, roomId } = own;
    await eventually('stored', async () => (await manifestAt(folder))?.state === 'stored');
    t.match(await manifestAt(folder), { roomId });
    const report = await readReport(folder);
    t.equal(report?.recording_id, roomId);
    await assertOwn(t, join(folder, 'room.mp4'), own);
    const inputs = Object.keys(report?.tracks ?? {}).flatMap((name) => ['-i', `file:${join(folder, name)}`]);
    const both = join(resourcesBasePath, `${roomId}.mkv`);
    await writeFile(
      both,
      await ffmpegOutput([...inputs, '-map', '0', '-map', '1', '-c', 'copy', '-f', 'matroska', 'pipe:1']),
    );
    await assertOwn(t, both, own);
  }
});
