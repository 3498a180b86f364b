// What a stream shows of components whose frames do not come in the order in which they are shown, and of a room without any.
import t from 'tap';
import { commandOutput } from '../../command-output.ts';
import { eventually } from '../../eventually.ts';
import { RunningServer } from '../../running-server.ts';
import { SampleMedia } from '../file/sample-media.ts';
import { cameraPipeline, RtspServer } from '../rtsp/rtsp-server.ts';

const media = 'g2QABXZpZGVv.m3u8';
const server = await RunningServer.start(t, {
  ...{ SHOAL_PROGRAM_SIZE: '320x180', SHOAL_PROGRAM_VIDEO_BITRATE: '300000', SHOAL_HLS_SEGMENT_SECONDS: '1' },
});
const backend = await server.subscribe();
const cameras = await RtspServer.start({ mounts: { '/b-frames': { launch: cameraPipeline({ bFrames: 2 }) } } });
t.teardown(() => cameras.kill());
const files = await SampleMedia.at(server.config.resourcesBasePath);
await files.opus('audio.ogg', 20);
/** It becomes lighter and lighter, and is lighter than what is shown before it from the beginning. */
const dawn = ['-f', 'lavfi', '-i', "color=black:s=320x180:r=30:d=10,geq=lum='90+T*14':cb=128:cr=128"];
const withBFrames = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '3', '-b_strategy', '0', '-g', '60'];
await commandOutput('ffmpeg', ['-v', 'error', ...dawn, ...withBFrames, '-pix_fmt', 'yuv420p', files.path('dawn.mp4')]);

async function add(roomId: string, type: string, options: Record<string, unknown>): Promise<string> {
  const { status, json } = await server.ask('POST', `/room/${roomId}/component`, { type, options });
  if (status !== 201) throw new Error(`No ${type}: ${JSON.stringify(json)}`);
  return json.data.id;
}

/** A room that is recorded, and what it shows. */
async function recorded(type: string, options: Record<string, unknown>) {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  await add(roomId, 'hls', { lowLatency: true, persistent: true });
  return { roomId, componentId: await add(roomId, type, options) };
}

/** Ends a room. @returns the playlist of its recording */
async function end(roomId: string): Promise<string> {
  await server.delete(`/room/${roomId}`);
  const url = `http://${server.host}/recording/${roomId}/`;
  const isClosed = async () => (await (await fetch(url + media)).text()).endsWith('#EXT-X-ENDLIST\n');
  await eventually('the playlist is closed', isClosed);
  return `${url}index.m3u8`;
}

async function segmentsOf(roomId: string, count: number): Promise<void> {
  await backend.saw(roomId, 'HlsPlayable');
  for (let segment = 1; segment < count; segment += 1) {
    await (await fetch(`http://${server.host}/hls/${roomId}/${media}?_HLS_msn=${segment}`)).text();
  }
}

/** Mean lightness of each frame, 0 to 255. */
async function levels(playlist: string): Promise<number[]> {
  const grey = ['-vf', 'scale=1:1:flags=area', '-pix_fmt', 'gray', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'];
  const { stdout } = await commandOutput('ffmpeg', ['-v', 'error', '-i', playlist, ...grey], { encoding: 'buffer' });
  return [...stdout];
}

const film = await recorded('file', { filePath: 'dawn.mp4' });
const view = await recorded('rtsp', { sourceUri: cameras.url('/b-frames') });
const talk = await recorded('file', { filePath: 'audio.ogg' });

t.test('a file with B-frames is streamed', async (t) => {
  const { roomId, componentId } = film;
  const left = async () => !(await server.room(roomId)).components.some(({ id }: { id: string }) => id === componentId);
  await eventually('the film has ended', left);
  const seen = await levels(await end(roomId));
  const rise = seen.slice(0, seen.lastIndexOf(Math.max(...seen)) + 1);
  t.ok(new Set(rise).size > 10, `${new Set(rise).size} different frames`);
  t.same(
    rise.filter((level, index) => level < (rise[index - 1] ?? 0) - 1),
    [],
    'none is shown too early or too late',
  );
});

t.test('a camera with B-frames is streamed', async (t) => {
  await segmentsOf(view.roomId, 6);
  const playlist = await end(view.roomId);
  const freeze = ['-vf', 'freezedetect=n=-60dB:d=1.5', '-f', 'null', '-'];
  const { stderr } = await commandOutput('ffmpeg', ['-v', 'info', '-sseof', '-4', '-i', playlist, ...freeze]);
  t.notMatch(stderr, /freeze_start/, 'the ball moves');
});

t.test('a room with audio only is streamed', async (t) => {
  await segmentsOf(talk.roomId, 8);
  const playlist = await end(talk.roomId);
  const { stderr } = await commandOutput('ffmpeg', [
    '-v',
    'info',
    '-i',
    playlist,
    '-af',
    'volumedetect',
    '-f',
    'null',
    '-',
  ]);
  t.ok(Number(/max_volume: (-?[\d.]+) dB/.exec(stderr)?.[1]) > -30, 'a tone is heard');
  const seen = await levels(playlist);
  t.ok(seen.length > 48 && Math.min(...seen.slice(-24)) > 10, 'a placeholder is seen');
});
