import t from 'tap';
import { Browser } from '../../end-to-end/browser-client.ts';
import { RunningServer } from '../../running-server.ts';

const browser = await Browser.launch();
t.teardown(() => browser.close());

/** For the browser: whether the player shows what Chromium's own camera sees, which is green. */
const showsCamera = `(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
  const context = canvas.getContext('2d');
  context.drawImage(document.querySelector('video'), 0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return green > red + 40 && green > blue + 40;
})()`;

t.test('the demo room is watched over HLS', async (t) => {
  const server = await RunningServer.start(t, { SHOAL_PROGRAM_SIZE: '320x180' });
  const tab = await browser.visit(`http://${server.host}/demo`);
  t.teardown(() => tab.close());
  await tab.getByRole('button', { name: 'Stream the room' }).click();
  await tab.getByText('Join first').waitFor();
  await tab.getByLabel('Your name').fill('Ada');
  await tab.getByRole('button', { name: 'Join' }).click();
  await tab.locator('article[aria-label="You"]').waitFor();
  await tab.getByRole('button', { name: 'Stream the room' }).click();
  await tab.getByText('HlsPlayable', { exact: true }).waitFor();
  const [player] = await Promise.all([
    tab.context().waitForEvent('page'),
    tab.getByRole('link', { name: 'Open the player' }).click(),
  ]);
  t.teardown(() => player.close());
  await player.locator('body[data-state="playing"]').waitFor();
  t.equal(await player.locator('#room').textContent(), 'demo');
  await player.waitForFunction(showsCamera);
  await tab.getByRole('button', { name: 'Stop the stream' }).click();
  await tab.getByRole('button', { name: 'Stream the room' }).waitFor();
  const { components } = await server.room('demo');
  t.same(components, []);
});

t.test('where HLS is not allowed there is no stream', async (t) => {
  const server = await RunningServer.start(t, { FJ_COMPONENTS_USED: 'file' });
  await fetch(`http://${server.host}/demo/join`, { method: 'POST' });
  const stream = (method: string, room: string, headers = {}) =>
    fetch(`http://${server.host}/demo/stream?room=${room}`, { method, headers });
  t.equal((await stream('POST', 'demo')).status, 400);
  t.equal((await stream('DELETE', 'demo')).status, 204, 'there is nothing to stop');
  t.equal((await stream('POST', 'elsewhere')).status, 404, 'only rooms of the demo');
  t.equal((await stream('POST', 'demo', { origin: 'http://evil.example' })).status, 403);
});
