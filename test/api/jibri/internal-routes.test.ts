// docs/contracts/jibri.md 3, over real sockets.
import { once } from 'node:events';
import t from 'tap';
import { RunningJibri, startBody } from '../../jibri/running-jibri.ts';
import { story, withReceiver } from '../../jibri/session-story.ts';

t.test('the internal API expires or renews recorders at their next idle moment, and can end the process', async (t) => {
  const ask = (jibri: RunningJibri, name: string, method = 'POST') =>
    jibri.ask(method, `//jibri/api/internal/v1.0/${name}`, undefined, { port: jibri.ports.at(-1) });
  const jibri = await RunningJibri.start(t);
  for (const [method, name, status] of [
    ['GET', 'shutdown', 405],
    ['POST', 'nothing', 404],
    ['POST', 'shutdown/', 404],
  ] as const) {
    t.match(await ask(jibri, name, method), { status, text: '' });
  }
  await jibri.start();
  t.match(await ask(jibri, 'gracefulShutdown'), { status: 200, text: '' });
  t.match(await jibri.health(), /"BUSY"/, 'until the session is over');
  await jibri.stop();
  t.match(await jibri.health(), /"EXPIRED"/);
  const renewed = jibri.until('IDLE');
  t.match(await ask(jibri, 'notifyConfigChanged'), { status: 200, text: '' });
  await renewed;
  await jibri.start();
  const expired = jibri.until('EXPIRED');
  t.match(await ask(jibri, 'shutdown'), { status: 200, text: '' });
  await expired;
  t.strictSame(jibri.exits, []);
  const replaced = await RunningJibri.start(t);
  await replaced.start();
  await ask(replaced, 'gracefulShutdown');
  await ask(replaced, 'notifyConfigChanged');
  await replaced.stop();
  t.match(await replaced.health(), /"IDLE"/, 'the later one counts');
  const exiting = await RunningJibri.start(t, { JIBRI_INTERNAL_EXIT: 'true', JIBRI_SLOTS: '2' });
  await exiting.ask('POST', 'startService', startBody(), { port: exiting.ports[1] });
  await ask(exiting, 'gracefulShutdown');
  await exiting.until('EXPIRED');
  t.strictSame(exiting.exits, [], 'another slot is in use');
  await exiting.ask('POST', 'stopService', '', { port: exiting.ports[1] });
  t.strictSame(exiting.exits, [255]);
  const restarting = await RunningJibri.start(t, { JIBRI_INTERNAL_EXIT: 'true' });
  const settled = once(restarting.jibri.slots.default.observer, 'settled');
  await ask(restarting, 'notifyConfigChanged');
  await settled;
  t.strictSame(restarting.exits, [0], 'so that it is started with the new configuration');
});

t.test('a recorder that drains is not idle in between', async (t) => {
  const { receiver, jibri } = await withReceiver(t);
  const headers = { authorization: 'Bearer development' };
  const path = '//recorders/rec/jibri/api/internal/v1.0/gracefulShutdown';
  t.match(await jibri.ask('POST', path, undefined, { port: jibri.api.port, headers: {} }), { status: 401 });
  await jibri.start();
  t.match(await jibri.ask('POST', path, undefined, { port: jibri.api.port, headers }), { status: 200, text: '' });
  t.match(await jibri.start(), { status: 412 });
  await jibri.stop();
  await receiver.received(4);
  t.strictSame(story(receiver), ['IDLE', 'BUSY', 'OFF', 'EXPIRED'], 'it is not idle in between');
});
