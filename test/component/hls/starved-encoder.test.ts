// Streams of encoders that get next to no CPU, and of workers and servers that stand still: the stream still keeps the rules of RFC 8216bis.
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { childrenOf } from '../../child-processes.ts';
import { eventually } from '../../eventually.ts';
import { RunningServer } from '../../running-server.ts';
import { SampleMedia } from '../file/sample-media.ts';
import { closedPlaylist, complaints, frameTimes, isWhole } from './played-stream.ts';
import { StreamChecker } from './stream-checker.ts';

const media = 'g2QABXZpZGVv.m3u8';
/** Ms for which encoders get no CPU at all, and for which composers stand still. */
const [starved, stopped] = [4000, 3000];

/** A server with a frame rate, and a room that is streamed with low latency and one that is not. */
async function open(t: Test, frameRate: number) {
  const server = await RunningServer.start(t, {
    ...{ SHOAL_PROGRAM_SIZE: '320x180', SHOAL_PROGRAM_VIDEO_BITRATE: '300000' },
    ...{ SHOAL_PROGRAM_FRAME_RATE: String(frameRate), SHOAL_HLS_SEGMENT_SECONDS: '1' },
  });
  const backend = await server.subscribe();
  const files = await SampleMedia.at(server.config.resourcesBasePath);
  await files.h264('frame.h264', { frames: 1800 });
  const checkers = [];
  for (const lowLatency of [true, false]) {
    const roomId = await server.createRoom({ videoCodec: 'h264' });
    for (const component of [
      { type: 'hls', options: { lowLatency, persistent: true } },
      { type: 'file', options: { filePath: 'frame.h264' } },
    ]) {
      const { status } = await server.ask('POST', `/room/${roomId}/component`, component);
      if (status !== 201) throw new Error(`No ${component.type}: ${status}`);
    }
    checkers.push({ roomId, lowLatency, checker: new StreamChecker(`http://${server.host}/hls/${roomId}/${media}`) });
  }
  for (const { roomId, checker } of checkers) {
    await backend.saw(roomId, 'HlsPlayable');
    await checker.start();
  }
  return { server, frameRate, checkers };
}

type Arena = Awaited<ReturnType<typeof open>>;

/** Reads each playlist as it grows, until it is told to stop. */
async function watch({ checkers }: Arena, signal: AbortSignal): Promise<void> {
  await Promise.all(
    checkers.map(async ({ checker, lowLatency }) => {
      while (!signal.aborted) {
        if (lowLatency) await checker.follow().catch(notYet);
        else await checker.look();
        if (!lowLatency) await sleep(200);
      }
    }),
  );
}

/** Players ask again when the next part is later than a request is held. */
function notYet(error: Error): void {
  if (!/answered 503/.test(error.message)) throw error;
}

const composers = () => childrenOf(process.pid, 'composer');
const videoEncoders = () => composers().flatMap((worker) => childrenOf(worker, 'video encoder'));

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // replaced meanwhile
    }
  }
}

/** Stops the encoders, and those that take their place. */
async function starve(): Promise<void> {
  for (const end = performance.now() + starved; performance.now() < end; await sleep(100)) {
    signal(videoEncoders(), 'SIGSTOP');
  }
  signal(videoEncoders(), 'SIGCONT');
}

async function stopWorkers(): Promise<void> {
  const workers = composers();
  signal(workers, 'SIGSTOP');
  await sleep(stopped);
  signal(workers, 'SIGCONT');
}

/** Until what is listed has come as far as the clock has now. */
async function catchUp({ checkers }: Arena): Promise<void> {
  const now = Date.now();
  const isThere = ({ checker }: Arena['checkers'][number]) => {
    const segments = [...checker.segments.values()].filter(({ uri }) => uri !== undefined);
    return segments.some(({ wallClock, duration }) => wallClock + duration * 1000 >= now);
  };
  await eventually('all that was late is there', () => checkers.every(isThere));
}

t.test('streams of 24 and 30 frames per second stay complete on a busy machine', async (t) => {
  const arenas = await Promise.all([24, 30].map((frameRate) => open(t, frameRate)));
  const stop = new AbortController();
  const watching = Promise.all(arenas.map((arena) => watch(arena, stop.signal)));
  await starve();
  await Promise.all(arenas.map(catchUp));
  await starve();
  await stopWorkers();
  // the loop of the server
  for (const end = Date.now() + 1000; Date.now() < end; );
  await Promise.all(arenas.map(catchUp));
  stop.abort();
  await watching;
  for (const arena of arenas) await check(t, arena);
});

async function check(t: Test, { server, frameRate, checkers }: Arena): Promise<void> {
  for (const { roomId, lowLatency, checker } of checkers) {
    const name = `${lowLatency ? 'low latency' : 'regular'}, ${frameRate} frames per second`;
    const said = (sentence: string) =>
      server.log.filter(({ message, metadata }) => message === sentence && metadata['room_id'] === roomId).length;
    t.same(checker.problems, [], name);
    t.ok(said('The effort of the video encoder changes.') > 0, `${name}: the encoder was too slow`);
    await server.delete(`/room/${roomId}`);
    const recording = `http://${server.host}/recording/${roomId}`;
    const playlist = await closedPlaylist(`${recording}/${media}`);
    // Only a machine that is ten seconds late begins anew.
    const discontinuities = said('The video encoder is too late; it starts again at the current time.');
    t.equal(playlist.match(/#EXT-X-DISCONTINUITY\n/g)?.length ?? 0, discontinuities, `${name}: no discontinuity`);
    t.equal(await complaints(`${recording}/index.m3u8`), '', `${name}: it can be played`);
    const times = await frameTimes(`${recording}/index.m3u8`);
    const listed = [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, length]) => sum + Number(length), 0);
    t.ok(isWhole(times, listed, discontinuities), `${name}: ${times.length} frames in ${listed} s`);
    const isEased = times.length < listed * frameRate - frameRate;
    t.ok(isEased || discontinuities > 0, `${name}: frames were left out`);
  }
}
