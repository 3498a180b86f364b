// docs/contracts/jibri.md 4 and 10: rooms as recorders.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { sessionBody } from '../../src/jibri/session-body.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { RunningJibri, startBody } from './running-jibri.ts';
import { story, withReceiver } from './session-story.ts';

t.test('a room that does not come up within 30 s fails the session, one that does is taken', async (t) => {
  const clock = new HeldClock();
  const jibri = await RunningJibri.start(t, { JIBRI_AUTO_CREATE_ROOM: 'false' }, { clock });
  const ended = once(jibri.jibri.slots.default.observer, 'session');
  await jibri.start();
  // Beside the note of who takes part.
  await clock.whenPending(2);
  clock.advance(30_000);
  const [change] = await ended;
  t.match(sessionBody(change), { status: 'OFF', failure: { error: { detail: 'Failed to join the call' } } });
  await jibri.until('IDLE');
  await jibri.start({ sessionId: 'two' });
  await clock.whenPending(2);
  await jibri.api.createRoom({ roomId: 'STANDUP' });
  t.match((await jibri.output()).path, /standup_/, 'a room that appears is taken');
  await jibri.stop();
});

t.test('rooms are made for calls, and go with the last session unless somebody is there', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_SLOTS: '2' });
  const [, second] = jibri.ports;
  await jibri.start();
  await jibri.output(0);
  t.strictSame(
    jibri.rooms.list().map(({ id }) => id),
    ['standup'],
    'are made',
  );
  await jibri.ask('POST', 'startService', startBody({ sessionId: 'two' }), { port: second });
  await jibri.output(1);
  await jibri.stop();
  t.equal(jibri.rooms.size, 1, 'and stay while somebody records them');
  await jibri.ask('POST', 'stopService', '', { port: second });
  t.equal(jibri.rooms.size, 0, 'then they go');
  await jibri.start();
  await jibri.output(2);
  const room = jibri.rooms.get('standup');
  room.addPeer({ enableSimulcast: false });
  t.strictSame(
    [...room.components.values()].map(({ type }) => type),
    ['recording'],
    'show the recorder',
  );
  await jibri.stop();
  t.equal(jibri.rooms.size, 1, 'unless somebody is there');
  t.equal(room.components.size, 0);
  await jibri.start();
  await jibri.output(3);
  const over = jibri.until('IDLE');
  await jibri.rooms.delete('standup');
  await over;
  t.equal(await jibri.health().then((text) => text.includes('UNHEALTHY')), false, 'a deleted room is an empty one');
});

t.test('calls whose names are no room ids are recorded, each tenant in a room of its own', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_SLOTS: '2' });
  const [, port] = jibri.ports;
  const params = (callName: string, baseUrl = 'https://meet.example.org') => ({
    callParams: { callUrlInfo: { baseUrl, callName } },
  });
  const roomIds = () => jibri.rooms.list().map(({ id }) => id);
  await jibri.start(params('B%C3%BCro%201'));
  t.match((await jibri.output(0)).path, /\/Büro 1_[\d-]+\.mp4$/, 'the file has the name of the call');
  await jibri.ask('POST', 'startService', startBody({ sessionId: 'two', ...params('Büro 1') }), { port });
  await jibri.output(1);
  t.match(roomIds(), [/^B-ro-1-[0-9a-f]{10}$/], 'equal names meet');
  await jibri.ask('POST', 'stopService', '', { port });
  await jibri.ask('POST', 'startService', startBody({ sessionId: 'three', ...params('Buro 1') }), { port });
  await jibri.output(2);
  t.equal(jibri.rooms.size, 2, 'different ones do not');
  await jibri.ask('POST', 'stopService', '', { port });
  await jibri.stop();
  await jibri.start(params('acme/standup'));
  await jibri.output(3);
  const other = startBody({ sessionId: 'five', ...params('standup', 'https://meet.example.org/umbrella') });
  await jibri.ask('POST', 'startService', other, { port });
  await jibri.output(4);
  t.strictSame(roomIds(), ['acme_standup', 'umbrella_standup']);
  await jibri.ask('POST', 'stopService', '', { port });
  await jibri.stop();
  t.equal(jibri.rooms.size, 0, 'and all rooms are deleted');
});

t.test('the metadata names everybody who was there', async (t) => {
  const jibri = await RunningJibri.start(t);
  const room = jibri.rooms.get(await jibri.api.createRoom({ roomId: 'standup' }));
  const early = room.addPeer({ enableSimulcast: false });
  room.joinPeer(early, { displayName: 'Ada' });
  await jibri.start();
  await jibri.output();
  const late = room.addPeer({ enableSimulcast: false });
  room.joinPeer(late, null);
  jibri.play();
  await jibri.stop();
  const { participants } = JSON.parse(await readFile(join(jibri.folder, 'session-1', 'metadata.json'), 'utf8'));
  t.strictSame(participants, [
    { user: { id: early.id, name: 'Ada' }, metadata: { displayName: 'Ada' } },
    { user: { id: late.id, name: late.id }, metadata: null },
  ]);
});

t.test('a recorder for one use expires with its first session', async (t) => {
  const { receiver, jibri } = await withReceiver(t, { JIBRI_SINGLE_USE_MODE: 'true' });
  await jibri.start();
  await jibri.stop();
  await receiver.received(4);
  t.strictSame(story(receiver), ['IDLE', 'BUSY', 'OFF', 'EXPIRED']);
  t.match(await jibri.health(), '{"busy":true,"status":{"busyStatus":"EXPIRED",');
  t.match(await jibri.start(), { status: 412, text: 'Jibri is currently busy' });
});
