// A room over low-latency HLS, from a camera that numbers its pictures to the pixels of hls.js in Chromium, with every part real.
import type { Page as Tab } from 'playwright-core';
import t, { type Test } from 'tap';
import { StreamChecker } from '../../component/hls/stream-checker.ts';
import { Browser } from '../../end-to-end/browser-client.ts';
import { NumberedCamera, numberedVideo, numberReader } from '../../end-to-end/numbered-camera.ts';
import type { NumberReader, ShownPicture } from '../../end-to-end/shown-picture.ts';
import { eventually } from '../../eventually.ts';
import { RunningServer } from '../../running-server.ts';

/** Seconds of the stream that are watched, and that the independent checker follows meanwhile and afterwards. */
const [watched, followed] = [30, 60];
/** Pictures of the camera per second, how many there are, and how many from one keyframe to the next. */
const frameRate = 24;
const count = 480;
const group = 12;

interface Watched extends NumberReader {
  /** Most ranges that were buffered at once. */
  readonly ranges: number;
}

/** For the browser: until so many seconds of the stream have been played, or the player has given up. */
const watch = `async (seconds) => {
  const video = document.querySelector('video');
  const { pictures, illegible, offsets } = numberReader;
  const [from, before] = [video.currentTime, illegible];
  pictures.length = 0;
  let ranges = 0;
  while (video.currentTime < from + seconds && document.body.dataset.fatal === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    ranges = Math.max(ranges, video.buffered.length);
  }
  return { pictures, illegible: numberReader.illegible - before, offsets, ranges };
}`;

/** For the browser: the speeds at which the video was played, and how often it was moved, from now on. */
const note = `{
  const video = document.querySelector('video');
  Object.assign(globalThis, { speeds: [], seeks: 0 });
  video.addEventListener('ratechange', () => speeds.push(video.playbackRate));
  video.addEventListener('seeking', () => (seeks += 1));
}`;

/** For the browser: puts a player that is at its place behind, and waits until it is there again. @returns what it did meanwhile */
const fallBehind = `async () => {
  const video = document.querySelector('video');
  const until = async (accept) => {
    while (!accept()) await new Promise((resolve) => setTimeout(resolve, 100));
  };
  const late = () => Number(document.body.dataset.late);
  await until(() => late() < 0.1 && video.playbackRate === 1);
  [speeds.length, seeks] = [0, 0];
  video.pause();
  await until(() => late() > 0.6);
  await video.play();
  await until(() => late() < 0.1);
  return { speeds, seeks };
}`;

/** For the browser: until so many seconds have been played at a stretch. @returns stalls until then */
const playSteadily = `async (seconds) => {
  const video = document.querySelector('video');
  const count = () => Number(document.querySelector('#stalls').textContent);
  let [stalls, from] = [count(), video.currentTime];
  video.addEventListener('seeking', () => (from = video.currentTime));
  while (video.currentTime < from + seconds) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (count() !== stalls) [stalls, from] = [count(), video.currentTime];
  }
  return stalls;
}`;

const camera = await NumberedCamera.open(t, await numberedVideo({ width: 640, height: 360, frameRate, count, group }));
const server = await RunningServer.start(t, { SHOAL_PROGRAM_SIZE: '640x360', SHOAL_PROGRAM_VIDEO_BITRATE: '800000' });
const browser = await Browser.launch();
t.teardown(() => browser.close());

t.test(`hls.js plays ${watched} s without a stall`, async (t) => {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const tab = await browser.visit(`http://${server.host}/player/${roomId}`, await numberReader());
  const problems: string[] = [];
  tab.on('pageerror', ({ message }) => problems.push(message));
  await tab.locator('body[data-state="waiting"]').waitFor();
  await server.ask('POST', `/room/${roomId}/component`, { type: 'hls', options: { lowLatency: true } });
  const added = { type: 'rtsp', options: { sourceUri: camera.url } };
  t.equal((await server.ask('POST', `/room/${roomId}/component`, added)).status, 201);
  await tab.locator('body[data-state="playing"]').waitFor({ timeout: 60_000 });
  await tab.waitForFunction('numberReader.pictures.length > 0', undefined, { timeout: 60_000 });

  const checker = new StreamChecker(`http://${server.host}/hls/${roomId}/g2QABXZpZGVv.m3u8`);
  const following = follow(checker);
  const seen = await tab.evaluate<Watched>(`(${watch})(${watched})`);

  t.equal(await tab.locator('body').getAttribute('data-fatal'), null, 'no fatal error');
  t.equal(seen.ranges, 1, 'what is buffered has no hole');
  t.equal(seen.illegible, 0, 'each picture bears its number');
  const stalls = Number(await tab.locator('#stalls').textContent());
  assertAdvancing(t, seen.pictures, stalls);
  t.comment(`${seen.pictures.length} pictures, ${stalls} stalls, ${report(seen.pictures)}`);
  t.match((await tab.locator('#latency').textContent()) ?? '', /^\d+\.\d\d s$/);
  await assertCatchingUp(t, tab);
  await assertSteady(t, roomId);

  await following;
  t.same(checker.problems, [], `${followed} s of playlists, parts and deltas`);
  t.ok(checker.deltas > followed, `${checker.deltas} of ${checker.updates} playlists are deltas`);
  t.ok(checker.deltas > checker.unknown, `${checker.unknown} that a player could not use, after stalls`);
  t.ok(checker.parts > 3 * followed, `${checker.parts} parts`);

  await server.delete(`/room/${roomId}`);
  await tab.locator('body[data-state="waiting"], body[data-state="ended"]').first().waitFor({ timeout: 30_000 });
  t.same(problems, []);
});

/** On a busy machine it may stall meanwhile, and stay where the stall leaves it: then it is put behind again. */
async function assertCatchingUp(t: Test, tab: Tab): Promise<void> {
  await tab.evaluate(note);
  let [speeds, seeks]: [number[], number] = [[], 0];
  await eventually('a player that catches up', async () => {
    ({ speeds, seeks } = await tab.evaluate<{ speeds: number[]; seeks: number }>(`(${fallBehind})()`));
    return speeds.some((speed) => speed > 1) && seeks === 0;
  });
  t.comment(`caught up at ${speeds.join(', ')}`);
  t.ok(Math.max(...speeds) <= 1.5);
}

/** Over a network on which a part takes longer to load than to play. */
async function assertSteady(t: Test, roomId: string): Promise<void> {
  const tab = await browser.visit('about:blank');
  const network = await tab.context().newCDPSession(tab);
  const slow = { offline: false, latency: 300, downloadThroughput: -1, uploadThroughput: -1 };
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', slow);
  await tab.goto(`http://${server.host}/player/${roomId}`);
  await tab.locator('body[data-state="playing"]').waitFor();
  const stalls = await tab.evaluate<number>(`(${playSteadily})(8)`);
  t.equal(await tab.locator('body').getAttribute('data-fatal'), null);
  t.comment(`${stalls} stalls before it plays steadily over a slow network`);
  await tab.close();
}

/** As a player does, with deltas beside whole playlists, from the beginning of the stream. */
async function follow(checker: StreamChecker): Promise<void> {
  await checker.start();
  const length = () => [...checker.segments.values()].reduce((sum, { duration }) => sum + duration, 0);
  const from = length();
  for (let update = 0; update < 1000 && length() < from + followed; update += 1) {
    // On a busy machine the next part may be later than a request is held: players ask again.
    await checker.follow().catch((error: Error) => {
      if (!error.message.includes('answered 503')) throw error;
    });
  }
}

/** Whatever a busy machine leaves out, pictures come in their order; after three stalls the page may go back to whole segments, once. */
function assertAdvancing(t: Test, pictures: readonly ShownPicture[], stalls: number): void {
  t.ok(pictures.length > watched, 'pictures are shown');
  const found = steps(pictures);
  // After a loss the room gets the camera's last group once more.
  const returns = found.filter(({ time }) => time < -1000);
  t.ok(returns.length <= (stalls < 3 ? 0 : 1), `${returns.length} times back, ${stalls} stalls`);
  const backwards = found.filter(({ frames, time }) => time >= -1000 && (time < 0 || frames < -group));
  t.same(backwards, [], 'in their order');
  const shown = found.reduce((sum, { frames }) => sum + frames, 0) / frameRate;
  t.ok(shown > watched / 2, `${shown} s of them`);
}

/** From each picture to the next: pictures of the camera, and ms of the stream. */
function steps(pictures: readonly ShownPicture[]): { frames: number; time: number }[] {
  return pictures.slice(1).map(({ number, mediaTime }, index) => {
    const before = pictures[index] as ShownPicture;
    const frames = (number - before.number + 1.5 * count) % count;
    return { frames: frames - count / 2, time: mediaTime - before.mediaTime };
  });
}

/** How long the pictures were on their way, and the longest step from one to the next. */
function report(pictures: readonly ShownPicture[]): string {
  const round = (count * 1000) / frameRate;
  const delays = pictures.map(({ at, number }) => (at - (camera.sentAt(number) ?? at) + 10 * round) % round);
  delays.sort((one, other) => one - other);
  const quantile = (share: number) => `${Math.round(delays[Math.floor(delays.length * share)] ?? 0)} ms`;
  const longest = Math.max(...steps(pictures).map(({ frames }) => frames));
  const step = `longest step ${Math.round((longest * 1000) / frameRate)} ms`;
  return `${step}, sent to pixel p50 ${quantile(0.5)}, p95 ${quantile(0.95)}`;
}
