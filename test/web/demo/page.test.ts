import type { WebSocketRoute } from 'playwright-core';
import t, { type Test } from 'tap';
import { Browser } from '../../end-to-end/browser-client.ts';
import { RunningServer } from '../../running-server.ts';
import { PageVisitor, steadyMicrophone } from '../page-visitor.ts';

/** Somebody on the demo page. */
class DemoVisitor extends PageVisitor {
  async join(name: string): Promise<void> {
    await this.tab.getByLabel('Your name').fill(name);
    await this.press('Join');
    await this.tile('You').waitFor();
  }

  async choose(layer: 'Low' | 'Medium' | 'High', name: string): Promise<void> {
    await this.tab
      .getByRole('group', { name: `Quality of ${name}'s video` })
      .getByText(layer)
      .click();
  }

  /** Names of the notifications in the panel, in order. */
  notifications(): Promise<string[]> {
    return this.tab.locator('#notifications b').allTextContents();
  }
}

const browser = await Browser.launch();
t.teardown(() => browser.close());

async function visit(t: Test, server: RunningServer, query = '', script?: string): Promise<DemoVisitor> {
  const tab = await browser.visit(`http://${server.host}/demo${query}`, script);
  t.teardown(() => tab.close());
  return new DemoVisitor(tab);
}

t.test('the parts of the side panel are aligned', async (t) => {
  const server = await RunningServer.start(t);
  const { tab } = await visit(t, server);
  const edges: number[] = await tab
    .locator('.side h2')
    .evaluateAll((titles: { offsetLeft: number }[]) => titles.map(({ offsetLeft }) => offsetLeft));
  t.ok(edges.length > 1);
  t.equal(new Set(edges).size, 1, edges.join(' '));
});

t.test('two tabs meet', async (t) => {
  const server = await RunningServer.start(t);
  const ada = await visit(t, server, '', steadyMicrophone);
  const grace = await visit(t, server, '', steadyMicrophone);
  await ada.join('Ada');
  await ada.reads('Nobody else is here yet.');
  await ada.reads('video of Ada');
  await grace.join('Grace');

  await t.test('two tabs see and hear each other', async (t) => {
    await Promise.all([ada.seesMoving('Grace'), grace.seesMoving('Ada'), ada.seesMoving('You')]);
    await ada.tile('Grace', '[data-speaking]').waitFor();
    await grace.tile('Ada', '[data-speaking]').waitFor();
    t.equal(await ada.tab.getByText('Nobody else is here yet.').count(), 0);
  });

  await t.test('the page shows what a backend is told', async (t) => {
    await ada.reads('video of Grace');
    const ofOne = ['PeerAdded', 'PeerConnected', 'PeerMetadataUpdated', 'TrackAdded', 'TrackAdded'];
    t.same(await ada.notifications(), ['RoomCreated', ...ofOne, ...ofOne]);
    const last = ada.tab.locator('#notifications li').last();
    await last.locator('summary').click();
    await last.getByText('"type": "video"').waitFor();
  });

  await t.test('the layer can be selected', async () => {
    await ada.choose('Low', 'Grace');
    await ada.seesWidth('Grace', 320);
    await ada.reads('layer l · 320 × 180');
    await ada.choose('High', 'Grace');
    await ada.seesWidth('Grace', 1280);
    await ada.reads('layer h · 1280 × 720');
    await ada.seesMoving('Grace');
  });

  await t.test('microphone and camera can be switched off', async () => {
    await grace.press('Stop camera');
    await ada.tile('Grace', ':not([data-camera])').waitFor();
    await ada.tile('Grace').locator('video').waitFor({ state: 'hidden' });
    await grace.press('Mute microphone');
    await ada.tile('Grace', '[data-muted]').getByText('microphone muted').waitFor();
    await ada.tile('Grace', ':not([data-speaking])').waitFor();
    await ada.reads('TrackMetadataUpdated');
    await grace.press('Start camera');
    await grace.press('Unmute microphone');
    await ada.seesMoving('Grace');
    await ada.tile('Grace', ':not([data-muted])').waitFor();
    await ada.tile('Grace', '[data-speaking]').waitFor();
  });

  await t.test('a visitor can leave and return', async (t) => {
    await grace.press('Leave');
    await ada.reads('Nobody else is here yet.');
    t.equal(await ada.tile('Grace').count(), 0);
    await ada.reads('PeerDisconnected');
    await grace.join('Grace again');
    await ada.seesMoving('Grace again');
    await grace.seesMoving('Ada');
  });

  // After this the SDK may still send while the server closes, of which the browser complains.
  t.same([...ada.errors, ...grace.errors], []);

  await t.test('a visitor is told when the backend ends the call', async () => {
    const { peers } = await server.room('demo');
    const { id } = peers.find((peer: { metadata: { name: string } }) => peer.metadata.name === 'Grace again');
    await server.delete(`/room/demo/peer/${id}`);
    await grace.reads('The backend ended your visit: peer removed.');
    await ada.reads('Nobody else is here yet.');
    await server.delete('/room/demo');
    await ada.reads('The backend ended your visit: room stopped.');
    await ada.reads('RoomDeleted');
  });
});

t.test('a visitor without a camera, or who does not allow it, watches', async (t) => {
  const server = await RunningServer.start(t);
  const lacking = (name: string) =>
    `navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', '${name}'); }`;
  const [ada, none, shy, insecure] = await Promise.all([
    visit(t, server),
    visit(t, server, '', lacking('NotFoundError')),
    visit(t, server, '', lacking('NotAllowedError')),
    visit(t, server, '', "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })"),
  ]);
  await ada.join('Ada');
  await none.join('None');
  await none.reads('Found no camera or microphone. You joined as a viewer');
  t.equal(await none.tab.getByRole('button', { name: 'No camera' }).isDisabled(), true);
  await none.seesMoving('Ada');
  await shy.join('Shy');
  await shy.reads('does not permit this page to use your camera or microphone.');
  await insecure.join('Insecure');
  await insecure.reads('only to pages on localhost or over HTTPS.');
  await ada.tile('None').waitFor();
  await ada.tile('Shy').waitFor();
  t.same(
    [ada, none, shy, insecure].flatMap(({ errors }) => errors),
    [],
  );
});

t.test('a lost connection is restored', async (t) => {
  const server = await RunningServer.start(t);
  const ada = await visit(t, server);
  const grace = await visit(t, server);
  const sockets: { client: WebSocketRoute; server: WebSocketRoute }[] = [];
  await grace.tab.routeWebSocket('**/socket/peer/websocket', (client) => {
    sockets.push({ client, server: client.connectToServer() });
  });
  await ada.join('Ada');
  await grace.join('Grace');
  await ada.seesMoving('Grace');
  await sockets[0]?.server.close();
  await ada.tile('Grace').waitFor({ state: 'detached' });
  await sockets[0]?.client.close({ code: 1011, reason: 'Internal server error' });
  await Promise.all([ada.seesMoving('Grace'), grace.seesMoving('Ada')]);
  t.equal(sockets.length, 2);
  t.equal(await grace.tab.locator('#notice').isVisible(), false);
});

t.test('a codec has a room of its own, and a full room is explained', async (t) => {
  const server = await RunningServer.start(t);
  const ada = await visit(t, server, '?codec=vp8');
  await ada.join('Ada');
  t.equal(await ada.tab.locator('#room').textContent(), 'demo-vp8');
  t.equal((await server.room('demo-vp8')).config.videoCodec, 'vp8');
  t.equal(await ada.tab.getByRole('link', { name: 'Open a second tab' }).getAttribute('href'), '/demo?codec=vp8');
  for (let count = 1; count < 16; count += 1) await server.addPeer('demo-vp8');
  const late = await visit(t, server, '?codec=vp8');
  await late.press('Join');
  await late.reads('The room is full.');
  await late.tab.getByLabel('Video codec').selectOption('Any');
  await late.join('Late');
  t.equal((await server.room('demo')).peers.length, 1);
});
