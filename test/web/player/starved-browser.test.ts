// What somebody sees whose browser is held up while it opens a stream: it plays in the end, whatever was lost on the way.
import type { Page as Tab } from 'playwright-core';
import t from 'tap';
import { SampleMedia } from '../../component/file/sample-media.ts';
import { Browser } from '../../end-to-end/browser-client.ts';
import { eventually } from '../../eventually.ts';
import { RunningServer } from '../../running-server.ts';

/** For the browser: what a browser on a busy machine was seen to end up with, though it had media. */
const faults = {
  'seeks are lost': `{
    const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'currentTime');
    globalThis.lost = 0;
    const lose = { get, set(time) { if (globalThis.lost++ >= 5) set.call(this, time); } };
    Object.defineProperty(HTMLMediaElement.prototype, 'currentTime', lose);
  }`,
  'the video does not begin by itself': `
    addEventListener('DOMContentLoaded', () => document.querySelector('video').removeAttribute('autoplay'), true);
  `,
};

const timeOf = (tab: Tab) => tab.evaluate<number>('document.querySelector("video").currentTime');

const server = await RunningServer.start(t, { SHOAL_PROGRAM_SIZE: '320x180', SHOAL_PROGRAM_VIDEO_BITRATE: '300000' });
const files = await SampleMedia.at(server.config.resourcesBasePath);
await files.h264('picture.h264', { frames: 9000 });
const browser = await Browser.launch();
t.teardown(() => browser.close());
const roomId = await server.createRoom({ videoCodec: 'h264' });
await server.ask('POST', `/room/${roomId}/component`, { type: 'hls', options: { lowLatency: true } });
await server.ask('POST', `/room/${roomId}/component`, { type: 'file', options: { filePath: 'picture.h264' } });

for (const [fault, script] of Object.entries(faults)) {
  t.test(`a page is played although ${fault}`, async (t) => {
    const tab = await browser.visit(`http://${server.host}/player/${roomId}`, script);
    await tab.locator('body[data-state="playing"]').waitFor();
    const begin = await timeOf(tab);
    await eventually('some seconds of it', async () => (await timeOf(tab)) > begin + 3);
    await tab.locator('#frames', { hasText: /^[1-9]\d/ }).waitFor();
    t.equal(await tab.locator('body').getAttribute('data-fatal'), null);
    await tab.close();
  });
}

t.test('a viewer who stops the video is left alone', async (t) => {
  const tab = await browser.visit(`http://${server.host}/player/${roomId}`);
  await tab.locator('body[data-state="playing"]').waitFor();
  await tab.evaluate('document.querySelector("video").pause()');
  const stopped = await timeOf(tab);
  const range = 'document.querySelector("video").buffered';
  const end = () => tab.evaluate<number>(`${range}.end(${range}.length - 1)`);
  // longer than a page is left alone that does not move
  await eventually('more of the stream', async () => (await end()) > stopped + 8);
  t.ok(await tab.evaluate('document.querySelector("video").paused'));
  t.equal(await timeOf(tab), stopped);
  t.equal(await tab.locator('body').getAttribute('data-help'), null);
  await tab.close();
});
