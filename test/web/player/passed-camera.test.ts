// What viewers get of a camera whose video is passed through: in hls.js, in ffmpeg, and by the rules of RFC 8216bis.
import t from 'tap';
import { childrenOf } from '../../child-processes.ts';
import { closedPlaylist, complaints, frameTimes } from '../../component/hls/played-stream.ts';
import { StreamChecker } from '../../component/hls/stream-checker.ts';
import { Browser } from '../../end-to-end/browser-client.ts';
import { NumberedCamera, numberedVideo, numberReader } from '../../end-to-end/numbered-camera.ts';
import { eventually } from '../../eventually.ts';
import { RunningServer } from '../../running-server.ts';

const [passed, composed] = ['The video of a room is passed through.', 'The video of a room is composed again.'];
const playlist = 'g2QABXZpZGVv.m3u8';
const pictures = { frameRate: 25, count: 200, group: 50 };
const large = await numberedVideo({ ...pictures, width: 640, height: 360 });
const small = await numberedVideo({ ...pictures, width: 480, height: 270 });
const camera = await NumberedCamera.open(t, large);
const server = await RunningServer.start(t, {
  ...{ SHOAL_PROGRAM_SIZE: '640x360', SHOAL_PROGRAM_VIDEO_BITRATE: '800000', SHOAL_PROGRAM_PASSTHROUGH: 'auto' },
});
const browser = await Browser.launch();
t.teardown(() => browser.close());

/** For the browser: plays until what is made after now has been seen, or the player has given up. */
const seeNewer = `async () => {
  const { buffered } = document.querySelector('video');
  const end = buffered.end(buffered.length - 1);
  const isSeen = () => numberReader.pictures.at(-1)?.mediaTime > (end + 1) * 1000;
  while (!isSeen() && document.body.dataset.fatal === undefined) await new Promise((go) => setTimeout(go, 100));
}`;

const linesOf = (sentence: string) => server.log.filter(({ message }) => message === sentence);
const passes = () => linesOf(passed).length > linesOf(composed).length;
const children = () => childrenOf(process.pid, 'composer').flatMap((pid) => childrenOf(pid));

t.test('a camera that is alone is passed through, in any size, and composed when its frames stay away', async (t) => {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const add = (type: string, options: Record<string, unknown>) =>
    server.ask('POST', `/room/${roomId}/component`, { type, options });
  const tab = await browser.visit(`http://${server.host}/player/${roomId}`, await numberReader());
  await add('hls', { lowLatency: true, persistent: true });
  await add('rtsp', { sourceUri: camera.url });
  await tab.locator('body[data-state="playing"]').waitFor();
  await tab.waitForFunction('numberReader.pictures.length > 0');
  const checker = new StreamChecker(`http://${server.host}/hls/${roomId}/${playlist}`);
  await checker.start();
  const stop = new AbortController();
  const following = (async () => {
    while (!stop.signal.aborted) await checker.follow();
  })();
  t.teardown(() => stop.abort());
  const sees = async (what: string) => {
    await tab.evaluate(`(${seeNewer})()`);
    t.equal(await tab.locator('body').getAttribute('data-fatal'), null, what);
  };

  await eventually('frames are passed through', () => passes() && children().length === 1);
  t.pass('neither a decoder nor a video encoder runs');
  await sees('frames that are passed through');
  camera.change(small);
  await sees('frames of another size');
  camera.mute(true);
  await eventually('the last frame is composed', () => !passes());
  await sees('the last frame');
  camera.mute(false);
  await sees('composed frames');

  stop.abort();
  await following;
  t.same(checker.problems, []);
  await server.delete(`/room/${roomId}`);
  const recording = `http://${server.host}/recording/${roomId}`;
  const listed = await closedPlaylist(`${recording}/${playlist}`);
  t.ok(listed.split('#EXT-X-DISCONTINUITY\n').length > 2, 'each change of the format is a discontinuity');
  t.equal(await complaints(`${recording}/index.m3u8`), '', 'ffmpeg can play it');
  const times = await frameTimes(`${recording}/index.m3u8`);
  const holes = times.map((time, index) => time - (times[index - 1] ?? time)).filter((gap) => gap > 0.3 || gap < 0);
  t.same(holes, [], 'there is a frame for each moment');
});
