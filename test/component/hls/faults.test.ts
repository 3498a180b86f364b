// What viewers and recordings see when processes are killed or event loops are late.
import t, { type Test } from 'tap';
import { childrenOf, type Purpose } from '../../child-processes.ts';
import { RunningServer } from '../../running-server.ts';
import { SampleMedia } from '../file/sample-media.ts';
import { closedPlaylist, complaints, frameTimes, isWhole } from './played-stream.ts';
import { StreamChecker } from './stream-checker.ts';

const server = await RunningServer.start(t, {
  ...{ SHOAL_PROGRAM_SIZE: '320x180', SHOAL_PROGRAM_VIDEO_BITRATE: '300000', SHOAL_HLS_SEGMENT_SECONDS: '1' },
});
const backend = await server.subscribe();
const files = await SampleMedia.at(server.config.resourcesBasePath);
await files.h264('frame.h264', { frames: 1800 });
await files.opus('audio.ogg', 60);
const media = 'g2QABXZpZGVv.m3u8';

async function add(roomId: string, type: string, options: Record<string, unknown>): Promise<void> {
  const { status, json } = await server.ask('POST', `/room/${roomId}/component`, { type, options });
  if (status !== 201) throw new Error(`No ${type}: ${JSON.stringify(json)}`);
}

/** A persistent stream of video and audio, followed for a few parts. */
async function stream() {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  await add(roomId, 'hls', { lowLatency: true, persistent: true });
  await add(roomId, 'file', { filePath: 'frame.h264' });
  await add(roomId, 'file', { filePath: 'audio.ogg' });
  await backend.saw(roomId, 'HlsPlayable');
  const checker = new StreamChecker(`http://${server.host}/hls/${roomId}/${media}`);
  await checker.start();
  await follow(checker, 4);
  return { roomId, checker };
}

async function follow(checker: StreamChecker, updates: number): Promise<void> {
  for (let update = 0; update < updates; update += 1) await next(checker);
}

/** On a busy machine the next part may be later than a request is held: players ask again. */
async function next(checker: StreamChecker): Promise<void> {
  for (let request = 0; request < 20; request += 1) {
    try {
      return await checker.follow();
    } catch (error) {
      if (!/answered 503/.test(String(error))) throw error;
    }
  }
  throw new Error('The stream does not go on.');
}

/** Follows until there are so many discontinuities, and a little longer. */
async function followTo(checker: StreamChecker, discontinuities: number): Promise<void> {
  const count = () => [...checker.segments.values()].filter(({ discontinuity }) => discontinuity).length;
  for (let update = 0; update < 400 && count() < discontinuities; update += 1) await next(checker);
  await follow(checker, 6);
}

/** Ends the room and looks at what was recorded. @param expected discontinuities */
async function checkRecording(t: Test, roomId: string, expected: number): Promise<void> {
  await server.delete(`/room/${roomId}`);
  const recording = `http://${server.host}/recording/${roomId}`;
  const playlist = await closedPlaylist(`${recording}/${media}`);
  // A machine that is ten seconds late begins anew.
  const hopeless = server.log.filter(
    ({ message, metadata }) =>
      metadata['room_id'] === roomId &&
      message === 'The video encoder is too late; it starts again at the current time.',
  );
  const discontinuities = expected + hopeless.length;
  t.equal(playlist.match(/#EXT-X-DISCONTINUITY\n/g)?.length ?? 0, discontinuities);
  t.equal(await complaints(`${recording}/index.m3u8`), '');
  const times = await frameTimes(`${recording}/index.m3u8`);
  const listed = [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, length]) => sum + Number(length), 0);
  t.ok(isWhole(times, listed, discontinuities), `${times.length} frames in ${listed} s`);
}

function composer(): number {
  const [pid = 0] = childrenOf(process.pid, 'composer');
  return pid;
}

function kill(purpose: Purpose): void {
  const [pid = 0] = childrenOf(composer(), purpose);
  process.kill(pid, 'SIGKILL');
}

t.test('a killed decoder or audio encoder is not noticed', async (t) => {
  const { roomId, checker } = await stream();
  kill('decoder');
  await server.logged('A tile decoder is replaced.');
  await follow(checker, 4);
  kill('audio encoder');
  await server.logged('The audio encoder is replaced.');
  await follow(checker, 8);
  t.same(checker.problems, []);
  await checkRecording(t, roomId, 0);
});

t.test('a killed video encoder is not noticed, a killed composer costs a discontinuity', async (t) => {
  const { roomId, checker } = await stream();
  const count = () => [...checker.segments.values()].filter(({ discontinuity }) => discontinuity).length;
  kill('video encoder');
  await server.logged('The video encoder is replaced.');
  await follow(checker, 12);
  process.kill(composer(), 'SIGKILL');
  await followTo(checker, count() + 1);
  t.same(checker.problems, [], 'the playlist goes on where it was');
  const inits = [...checker.segments.values()].map(({ init }) => init);
  t.ok(new Set(inits).size >= 2, 'with an init segment of its own');
  await checkRecording(t, roomId, 1);
});

t.test('late event loops do not break the stream', async (t) => {
  const { roomId, checker } = await stream();
  const worker = composer();
  process.kill(worker, 'SIGSTOP');
  await new Promise<void>((resolve) => setTimeout(resolve, 1000));
  process.kill(worker, 'SIGCONT');
  await follow(checker, 4);
  // that of the server
  for (const end = Date.now() + 1000; Date.now() < end; );
  await follow(checker, 8);
  t.same(checker.problems, []);
  await checkRecording(t, roomId, 0);
});
