// Whatever backends ask, the response is one of docs/contracts/jitsi-admin.md 3, and no 500.
import t from 'tap';
import { RunningScheduler, wholeKey } from '../api/scheduling/running-scheduler.ts';
import { testEngine } from '../database/engines.ts';
import { mutatedBytes, mutatedJson, mutatedText, pick } from './mutation.ts';
import { fuzz } from './rounds.ts';

const engine = await testEngine(t, 'SQLite');
const scheduler = await RunningScheduler.start(t, await engine.open());
const uid = await scheduler.create();

const fields = {
  email: 'a@example.org',
  name: 'x',
  duration: '30',
  server: 'meet.example.org',
  start: '2021-02-02T13:00',
};
const requests: readonly (readonly [method: string, path: string, parameters: Record<string, string>])[] = [
  ['POST', '/room', fields],
  ['PUT', '/room', { uid, ...fields }],
  ['DELETE', '/room', { uid: 'x' }],
  ['POST', '/user', { uid, email: 'b@example.org' }],
  ['DELETE', '/user', { uid, email: 'b@example.org' }],
  ['GET', `/info/${uid}`, {}],
  ['GET', '/serverInfo', { email: 'a@example.org', keycloakId: 'x' }],
  ['POST', '/server/create', { url: 'x.example.org', name: 'x', app_id: 'i', app_secret: 's' }],
  ['GET', '/server/getRooms', { minutes: '10', serverId: '1' }],
  ['POST', `/room/move/${uid}`, { serverId: '1' }],
  ['POST', '/room/move', { uid, server: '2' }],
  ['GET', '/conferenceMapper', { confid: '1', callerid: '2' }],
];
const statuses = new Set([200, 400, 403, 404, 413, 429]);

const encoded = (text: string) => encodeURIComponent(text.toWellFormed());
const form = (parameters: Record<string, string>) =>
  Object.entries(parameters)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join('&');
const parts = (parameters: Record<string, string>) =>
  `${Object.entries(parameters)
    .map(([name, value]) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join('')}--x--\r\n`;

t.test('parameters of all sources', async (t) => {
  await fuzz(t, 1500, async (random) => {
    const [method, path, parameters] = pick(random, requests);
    const changed = Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [name, random() < 0.3 ? mutatedText(random, value) : value]),
    );
    const [type, payload] = pick<() => [string, Buffer]>(random, [
      () => ['application/x-www-form-urlencoded', Buffer.from(form(changed))],
      () => ['application/x-www-form-urlencoded', mutatedBytes(random, Buffer.from(form(parameters)))],
      () => ['application/json', Buffer.from(JSON.stringify(mutatedJson(random, parameters)))],
      () => ['application/json', mutatedBytes(random, Buffer.from(JSON.stringify(parameters)))],
      () => ['multipart/form-data; boundary=x', mutatedBytes(random, Buffer.from(parts(parameters)))],
      () => [mutatedText(random, 'multipart/form-data').replace(/[^\x20-\x7e]/g, ''), Buffer.from(parts(parameters))],
    ])();
    const query = random() < 0.3 ? `?${form(changed).slice(0, 8000)}` : '';
    const response = await scheduler.api.app.inject({
      method: method as 'GET',
      url: `/api/v1${path}${query}`,
      headers: { authorization: `Bearer ${random() < 0.9 ? wholeKey : 'wrong'}`, 'content-type': type },
      payload,
    });
    if (!statuses.has(response.statusCode)) {
      throw new Error(`${method} ${path} ${type}: ${response.statusCode} ${response.body.slice(0, 200)}`);
    }
    const { error } = response.json();
    if (typeof error !== 'boolean' && response.json().state === undefined) throw new Error(response.body.slice(0, 200));
  });
  t.strictSame(scheduler.api.errors, [], 'no error was logged');
});
