// A room over low-latency HLS, from its publisher to the pixels of hls.js in Chromium, with every part real.
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { Browser } from '../media/browser-client.ts';
import { RunningServer } from '../media/running-server.ts';

/** Seconds that are watched. */
const watched = 30;

interface Seen {
  /** Seconds that the player moved on. */
  readonly moved: number;
  readonly frames: number;
  /** Holes in what is buffered. */
  readonly gaps: number;
  /** Milliseconds, between two frames. */
  readonly longest: number;
}

/** For the browser. */
const watch = `async (seconds) => {
  const video = document.querySelector('video');
  let [gaps, frames, longest, last] = [0, 0, 0, performance.now()];
  const look = (now) => {
    frames += 1;
    longest = Math.max(longest, now - last);
    last = now;
    video.requestVideoFrameCallback(look);
  };
  const from = video.currentTime;
  video.requestVideoFrameCallback(look);
  for (let i = 0; i < seconds * 4; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    gaps = Math.max(gaps, video.buffered.length - 1);
  }
  return { moved: video.currentTime - from, frames, gaps, longest };
}`;

const server = await RunningServer.start(t, { SHOAL_PROGRAM_SIZE: '640x360', SHOAL_PROGRAM_VIDEO_BITRATE: '800000' });
const browser = await Browser.launch();
t.teardown(() => browser.close());

const folder = join(server.config.resourcesBasePath, 'file_component_sources');
await mkdir(folder, { recursive: true });
const source = ['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=24', '-t', '60'];
const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'baseline', '-g', '48', '-f', 'h264'];
await promisify(execFile)('ffmpeg', ['-v', 'error', ...source, ...codec, join(folder, 'video.h264')]);

t.test(`hls.js plays for ${watched} s`, async (t) => {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const tab = await browser.visit(`http://${server.host}/player/${roomId}`);
  const problems: string[] = [];
  tab.on('pageerror', ({ message }) => problems.push(message));
  await tab.locator('body[data-state="waiting"]').waitFor();
  await server.ask('POST', `/room/${roomId}/component`, { type: 'hls', options: { lowLatency: true } });
  const played = { type: 'file', options: { filePath: 'video.h264', framerate: 24 } };
  t.equal((await server.ask('POST', `/room/${roomId}/component`, played)).status, 201);
  await tab.locator('body[data-state="playing"]').waitFor();

  const seen = await tab.evaluate<Seen>(`(${watch})(${watched})`);

  t.equal(await tab.locator('body').getAttribute('data-fatal'), null, 'no fatal error');
  t.ok(seen.moved > watched / 2, 'the picture moves on');
  t.ok(seen.frames > watched, 'and frames are shown');
  t.equal(seen.gaps, 0, 'what is buffered has no hole');
  t.match((await tab.locator('#latency').textContent()) ?? '', /^\d+\.\d\d s$/);
  t.comment(`frames ${seen.frames}, longest pause ${Math.round(seen.longest)} ms`);
  t.comment(
    `latency ${await tab.locator('#latency').textContent()}, stalls ${await tab.locator('#stalls').textContent()}`,
  );

  await server.delete(`/room/${roomId}`);
  await tab.locator('body[data-state="waiting"], body[data-state="ended"]').first().waitFor();
  t.same(problems, []);
});
