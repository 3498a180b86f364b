// What somebody sees in hls.js whose stream gets another video encoder, for the old one was killed: it goes on.
import t from 'tap';
import { childrenOf } from '../../child-processes.ts';
import { Browser } from '../../end-to-end/browser-client.ts';
import { NumberedCamera, numberedVideo, numberReader } from '../../end-to-end/numbered-camera.ts';
import type { NumberReader } from '../../end-to-end/shown-picture.ts';
import { RunningServer } from '../../running-server.ts';

/** Pictures of the camera per second, and how many it has. */
const frameRate = 24;
const count = 480;
/** Seconds of the stream that are watched after each encoder. */
const watched = 4;

interface Watched extends NumberReader {
  /** Of the stream, in seconds. */
  readonly from: number;
}

/** For the browser: plays until so many seconds of what was made after now have been seen, or the player has given up. */
const watch = `async (seconds) => {
  const video = document.querySelector('video');
  const { pictures, illegible, offsets } = numberReader;
  const from = video.buffered.end(video.buffered.length - 1);
  const before = illegible;
  pictures.length = 0;
  while (video.currentTime < from + seconds && document.body.dataset.fatal === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return { pictures, illegible: numberReader.illegible - before, offsets, from };
}`;

const camera = await NumberedCamera.open(t, await numberedVideo({ width: 640, height: 360, frameRate, count }));
const server = await RunningServer.start(t, { SHOAL_PROGRAM_SIZE: '640x360', SHOAL_PROGRAM_VIDEO_BITRATE: '800000' });
const browser = await Browser.launch();
t.teardown(() => browser.close());

function killEncoder(): void {
  const [worker = 0] = childrenOf(process.pid, 'composer');
  const [encoder = 0] = childrenOf(worker, 'video encoder');
  process.kill(encoder, 'SIGKILL');
}

/** Encoders that were replaced so far. */
const replaced = () => server.log.filter(({ message }) => message === 'The video encoder is replaced.').length;

t.test('a stream is played on after its encoder was killed', async (t) => {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const tab = await browser.visit(`http://${server.host}/player/${roomId}`, await numberReader());
  await server.ask('POST', `/room/${roomId}/component`, { type: 'hls', options: { lowLatency: true } });
  await server.ask('POST', `/room/${roomId}/component`, { type: 'rtsp', options: { sourceUri: camera.url } });
  await tab.locator('body[data-state="playing"]').waitFor();
  await tab.waitForFunction('numberReader.pictures.length > 0');

  for (const encoder of [1, 2]) {
    killEncoder();
    const { pictures, illegible, from } = await tab.evaluate<Watched>(`(${watch})(${watched})`);
    const made = pictures.filter(({ mediaTime }) => mediaTime > from * 1000);
    const shown = new Set(made.map(({ number }) => number)).size;
    t.ok(replaced() >= encoder, 'it was replaced');
    t.equal(await tab.locator('body').getAttribute('data-fatal'), null, 'no fatal error');
    t.equal(illegible, 0, 'every picture bears its number');
    t.ok(shown > watched, `${shown} different pictures of what was made later`);
    const times = made.map(({ mediaTime }) => mediaTime);
    t.same(
      times,
      [...times].sort((one, other) => one - other),
      'in their order',
    );
  }
});
