// What people see who follow an invitation, in a real browser.
import t, { type Test } from 'tap';
import { Browser } from '../../end-to-end/browser-client.ts';
import { PageVisitor, steadyMicrophone } from '../page-visitor.ts';
import { moderatorEmail, ScheduledConferences } from './scheduled-conferences.ts';

const hour = 3600;
const hostile = `<img src=x onerror="document.title='hacked'">"'&amp;`;

/** Captures the page's own drawing instead of a screen, which the machine may not have. */
const screenScript = `
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 360;
    const pen = canvas.getContext('2d');
    setInterval(() => pen.fillRect(Math.random() * 600, Math.random() * 300, 40, 40), 50);
    return canvas.captureStream(15);
  };
`;
const refusingScript = `navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); }`;

/** Somebody who was invited, or says so. */
class Guest extends PageVisitor {
  /** @param email where the page does not know it */
  async enter(name: string, email = ''): Promise<void> {
    await this.tab.getByLabel('Your name').fill(name);
    if (email !== '') await this.tab.getByLabel('Your e-mail address').fill(email);
    await this.press('Join');
  }

  async sees(title: string): Promise<void> {
    await this.tab.getByRole('heading', { name: title, exact: true }).waitFor();
  }

  /** Complaints, except of the browser that a refusal is one. */
  get complaints(): string[] {
    return this.errors.filter((text) => !/Failed to load resource.* (403|404|503) /.test(text));
  }

  /** How many pixels of the page are beyond the right edge of the window. */
  async overflow(): Promise<number> {
    return await this.tab.evaluate('document.documentElement.scrollWidth - innerWidth');
  }
}

const browser = await Browser.launch();
t.teardown(() => browser.close());
const conferences = await ScheduledConferences.start(t);

async function visit(t: Test, path: string, script?: string): Promise<Guest> {
  const tab = await browser.visit(`http://${conferences.server.host}${path}`, script);
  t.teardown(() => tab.close());
  return new Guest(tab);
}

t.test('two people meet', async (t) => {
  const path = await conferences.schedule('Harbour', 0, 'grace@example.org');
  const link = await conferences.personalLink('Harbour', moderatorEmail);
  const ada = await visit(t, link, steadyMicrophone);
  const grace = await visit(t, path, steadyMicrophone + screenScript);

  await t.test('a personal link says who comes, an address is asked for otherwise', async (t) => {
    await ada.sees('Harbour');
    await ada.tab.getByLabel('Your name').waitFor();
    t.equal(await ada.tab.getByLabel('Your e-mail address').isVisible(), false);
    await grace.sees('Conference');
    t.equal(await grace.tab.getByText('Harbour').count(), 0, 'strangers are not told what it is');
    await grace.tab.getByLabel('Your e-mail address').waitFor();
  });

  await t.test('the camera is shown and the microphone measured before anybody joins', async () => {
    await ada.until('herself', () => ada.tab.evaluate("document.querySelector('#preview').currentTime > 0"));
    await ada.until('a level', () => ada.tab.evaluate("document.querySelector('#level').value > 0.1"));
    await grace.press('Stop camera');
    await grace.reads('Camera is off');
  });

  await t.test('they see and hear each other', async (t) => {
    await ada.enter('Ada');
    await ada.reads('Nobody else is here yet.');
    await grace.enter(hostile, 'grace@example.org');
    await grace.sees('Harbour');
    await ada.tile(hostile, ':not([data-camera])').waitFor();
    await grace.press('Start camera');
    await Promise.all([ada.seesMoving(hostile), grace.seesMoving('Ada'), ada.seesMoving('You')]);
    await ada.tile(hostile, '[data-speaking]').waitFor();
    await grace.tile('Ada', '[data-speaking]').waitFor();
    await grace.tile('Ada', '[data-moderator]').getByText('Moderator').waitFor();
    t.equal(await ada.tile(hostile, '[data-moderator]').count(), 0);
    await ada.reads('2 people');
    await grace.seesWidth('Ada', 640);
    await grace.tab.setViewportSize({ width: 1920, height: 1080 });
    await grace.seesWidth('Ada', 1280);
  });

  await t.test('a hostile name is text', async (t) => {
    t.equal(await ada.tile(hostile).locator('h3').textContent(), hostile);
    t.equal(await ada.tab.locator('main img').count(), 0);
    t.equal(await ada.tab.title(), 'Harbour');
  });

  await t.test('microphone and screen', async () => {
    await grace.press('Mute microphone');
    await ada.tile(hostile, '[data-muted]').getByText('microphone muted').waitFor();
    await grace.press('Share screen');
    await ada.seesMoving(`${hostile}: screen`);
    await ada.seesMoving(hostile);
    await grace.press('Stop sharing');
    await ada.tile(`${hostile}: screen`).waitFor({ state: 'detached' });
  });

  await t.test('who leaves can join again', async (t) => {
    await grace.press('Leave');
    await grace.sees('You left the conference');
    await ada.reads('Nobody else is here yet.');
    t.equal(await grace.tab.locator('video:visible').count(), 0);
    await grace.press('Join again');
    await grace.enter('Grace', 'grace@example.org');
    await ada.seesMoving('Grace');
    await grace.seesMoving('Ada');
  });

  await t.test('the same person in a second window takes the place of the first', async () => {
    const again = await visit(t, path);
    await again.enter('Grace again', 'Grace@Example.org');
    await grace.sees('You are no longer in the conference');
    await ada.seesMoving('Grace again');
    await ada.tile('Grace', '[data-camera]').waitFor({ state: 'detached' });
  });

  await t.test('who is not permitted to use a camera watches', async () => {
    const shy = await visit(t, link, refusingScript);
    await shy.reads('does not permit this page to use your camera or microphone. You can join nevertheless');
    await shy.enter('Ada without a camera');
    await shy.seesMoving('Grace again');
  });

  t.same([...ada.complaints, ...grace.complaints], []);
});

t.test('who comes too early gets in when the moderator is there', async (t) => {
  const path = await conferences.schedule('Later', 2 * hour, 'grace@example.org');
  const grace = await visit(t, path);
  await grace.enter('Grace', 'grace@example.org');
  await grace.sees('It has not begun yet');
  await grace.sees('Later');
  const early = await visit(t, await conferences.personalLink('Later', 'grace@example.org'));
  await early.reads('Joining is possible from');
  await early.tab.close();
  const ada = await visit(t, path);
  await ada.enter('Ada', moderatorEmail);
  await grace.seesMoving('Ada');
  await ada.seesMoving('Grace');
  t.same([...ada.complaints, ...grace.complaints], []);
});

t.test('who cannot join reads why', async (t) => {
  const path = await conferences.schedule('Closed', 0, 'grace@example.org');
  const past = await conferences.schedule('Past', -5 * hour, 'grace@example.org');
  const guest = await visit(t, path);
  await guest.enter('Mallory', 'mallory@example.org');
  await guest.sees('You are not invited');
  await guest.press('Back');
  await guest.enter('Grace', 'grace@example.org');
  await guest.reads('Nobody else is here yet.');

  const late = await visit(t, past);
  await late.enter('Grace', 'grace@example.org');
  await late.sees('The conference is over');
  const lost = await visit(t, '/room/join/b/4711');
  await lost.sees('There is no such conference');
  t.same(
    [guest, late, lost].flatMap(({ complaints }) => complaints),
    [],
  );
});

t.test('German for who prefers it', async (t) => {
  const path = await conferences.schedule('Später', 2 * hour, 'grace@example.org');
  const guest = await visit(t, '/join-page/icon.svg');
  await guest.tab.setExtraHTTPHeaders({ 'accept-language': 'de-DE,de;q=0.9,en;q=0.5' });
  await guest.tab.goto(`http://${conferences.server.host}${path}`);
  t.equal(await guest.tab.locator('html').getAttribute('lang'), 'de');
  await guest.tab.getByLabel('Ihr Name').fill('Grace');
  await guest.tab.getByLabel('Ihre E-Mail-Adresse').fill('grace@example.org');
  await guest.press('Teilnehmen');
  await guest.sees('Es hat noch nicht begonnen');
  await guest.press('Zurück');
  await guest.tab.getByLabel('Ihre E-Mail-Adresse').fill('mallory@example.org');
  await guest.press('Teilnehmen');
  await guest.sees('Sie sind nicht eingeladen');
  t.same(guest.complaints, []);
});

t.test('a server that does not respond is waited for', async (t) => {
  const path = await conferences.schedule('Patient', 0, 'grace@example.org');
  const guest = await visit(t, path);
  await guest.tab.route('**/room/join/**', (route) => route.abort());
  await guest.enter('Grace', 'grace@example.org');
  await guest.sees('The server does not respond');
  await guest.tab.unroute('**/room/join/**');
  await guest.reads('Nobody else is here yet.');
});

t.test('a telephone', async (t) => {
  const path = await conferences.schedule(
    'A conference with a name that is much too long for a telephone',
    0,
    'grace@example.org',
  );
  const guest = await visit(t, path);
  await guest.tab.setViewportSize({ width: 390, height: 844 });
  await guest.tab.getByLabel('Your name').waitFor();
  t.ok((await guest.overflow()) <= 0, 'the form fits');
  await guest.enter('Grace', 'grace@example.org');
  await guest.reads('Nobody else is here yet.');
  t.ok((await guest.overflow()) <= 0, 'the meeting fits');
  for (const name of ['Mute microphone', 'Stop camera', 'Leave']) {
    const box = await guest.tab.getByRole('button', { name }).boundingBox();
    t.ok(
      box && box.height >= 44 && box.width >= 44 && box.y > 700 && box.y + box.height <= 844,
      `${name} is at the thumb`,
    );
  }
});
