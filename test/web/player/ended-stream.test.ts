// What the page says when the stream of a room is over: nothing of a stall.
import t from 'tap';
import { SampleMedia } from '../../component/file/sample-media.ts';
import { Browser } from '../../end-to-end/browser-client.ts';
import { RunningServer } from '../../running-server.ts';

/** For the browser: remembers from now on what the page says. */
const listen = `
  globalThis.said = [];
  new MutationObserver(() => said.push(document.body.dataset.state)).observe(document.body, { attributeFilter: ['data-state'] });
`;

const server = await RunningServer.start(t, { SHOAL_PROGRAM_SIZE: '320x180', SHOAL_PROGRAM_VIDEO_BITRATE: '300000' });
const files = await SampleMedia.at(server.config.resourcesBasePath);
await files.h264('picture.h264', { frames: 1800 });
const browser = await Browser.launch();
t.teardown(() => browser.close());

t.test('the end of a stream is not a stall', async (t) => {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const components = `/room/${roomId}/component`;
  const hls = await server.ask('POST', components, { type: 'hls', options: { lowLatency: true } });
  await server.ask('POST', components, { type: 'file', options: { filePath: 'picture.h264' } });
  const tab = await browser.visit(`http://${server.host}/player/${roomId}`);
  await tab.locator('body[data-state="playing"]').waitFor();
  await tab.locator('#frames', { hasText: /^[1-9]/ }).waitFor();

  await server.delete(`${components}/${hls.json.data.id}`);
  await tab.evaluate(listen);
  await tab.locator('body[data-state="waiting"]').waitFor();
  // the figures are of the same look
  await tab.locator('#frames', { hasText: /^0$/ }).waitFor();
  t.equal(await tab.locator('#stalls').textContent(), '0');
  t.notMatch(await tab.evaluate('String(said)'), 'stalled');
});
