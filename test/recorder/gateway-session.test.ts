// Sessions that bring a telephone into a room.
import { once } from 'node:events';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import type { CallEndReason } from '../../src/component/sip/call/call-state.ts';
import { Recorders } from '../../src/recorder/recorders.ts';
import type { GatewayDestination, SessionRequest } from '../../src/recorder/session-request.ts';
import type { SessionChange } from '../../src/recorder/slot.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { mediaDouble } from '../sfu/media-double.ts';
import { GatewayDouble } from './gateway-double.ts';
import { RecorderMedia } from './recorder-media.ts';

const call = { target: 'sip:1001@pbx.example', displayName: 'Desk', address: 'a@b', password: 'secret' };
const limits = { callEmpty: 1_800_000, noMedia: 180_000, allMuted: 600_000, transport: 30_000, usage: 0 };

async function open(t: Test, { withGateway = true } = {}) {
  const gateway = new GatewayDouble();
  const clock = new HeldClock();
  const media = new RecorderMedia();
  const events = new RoomEvents();
  const rooms = new RoomRegistry({ events, openMedia: async () => mediaDouble() });
  const log: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line) => void log.push(line) });
  const none = async () => {
    throw new Error('Nothing is stored.');
  };
  const recorders = new Recorders({
    ...{ slots: { id: 'rec', count: 2, singleUse: false }, autoCreate: true, allowList: ['.*'], events, rooms },
    ...{ components: componentsOf(componentDoubles()), feeds: media.feeds, outputs: media.outputs },
    ...{ steps: { run: async () => true, close: async () => undefined } },
    ...{ storage: { recordings: '/none', store: { begin: none }, upload: undefined } },
    ...{ clock, logger, ...(withGateway && { gateway }) },
  });
  t.teardown(async () => {
    await recorders.close();
    await rooms.close();
  });
  const { default: slot } = recorders.slots;
  const start = (changes: Partial<GatewayDestination> = {}) => {
    const destination: GatewayDestination = { kind: 'gateway', sipAddress: '1001@pbx.example', call, ...changes };
    const request: SessionRequest = { id: 's', room: { id: 'standup' }, destination, limits };
    return recorders.start(slot, request);
  };
  const changed = async () => (await once(slot.observer, 'session'))[0] as SessionChange;
  const idle = async () => {
    while (slot.running) await once(slot.observer, 'status');
  };
  return { gateway, clock, media, rooms, log, slot, start, changed, idle };
}

t.test('a session runs while its call does, and no program is made for it', async (t) => {
  const { gateway, media, rooms, slot, start, changed, idle, log } = await open(t);
  t.ok(start());
  const phone = await gateway.call();
  t.strictSame(phone.options, call);
  const running = changed();
  phone.observer.emit('answered');
  t.match(await running, { state: 'running', failure: undefined });
  const room = rooms.get('standup');
  t.strictSame(
    [...room.components.values()].map(({ type }) => type),
    ['sip'],
    'the telephone is what the room sees of it',
  );
  const ended = changed();
  phone.end('remote_hangup');
  t.match(await ended, { state: 'ended', failure: undefined }, 'the other side has hung up');
  await idle();
  t.ok(phone.closed);
  t.equal(rooms.size, 0, 'a room that was made for it goes');
  t.strictSame(slot.status, { state: 'idle', healthy: true });
  t.equal(media.opened.length, 0);
  t.notMatch(log.join(), /secret/);
});

t.test('a stop hangs up before it is over', async (t) => {
  const { gateway, slot, start, changed } = await open(t);
  start();
  const phone = await gateway.call();
  const ended = changed();
  await slot.stop();
  t.ok(phone.closed);
  t.match(await ended, { state: 'ended', failure: undefined });
});

t.test('each end of a call is the end of its session', async (t) => {
  const { gateway, start, changed, idle } = await open(t);
  const cases: [CallEndReason, string | undefined][] = [
    ['user_hangup', undefined],
    ['component_closed', undefined],
    ['busy', 'remoteBusy'],
    ['declined', 'gateway'],
    ['timeout', 'gateway'],
    ['unauthorized', 'gateway'],
    ['media_timeout', 'gateway'],
  ];
  for (const [index, [reason, kind]] of cases.entries()) {
    start();
    const phone = await gateway.call(index);
    const ended = changed();
    phone.end(reason, 486);
    t.match(await ended, { state: 'ended', failure: kind === undefined ? undefined : { kind } }, reason);
    await idle();
  }
});

t.test('a call that has not come in when the time is over fails the session', async (t) => {
  const { gateway, clock, start, changed, idle } = await open(t);
  start({ answerTimeout: 5000 });
  await gateway.call();
  // Beside the limits of the session.
  await clock.whenPending(2);
  const ended = changed();
  clock.advance(4999);
  clock.advance(1);
  t.match(await ended, { failure: { kind: 'gateway', detail: 'no_answer' } });
  await idle();
  start({ answerTimeout: 5000 });
  const phone = await gateway.call(1);
  phone.observer.emit('answered');
  await clock.whenPending(1);
  t.equal(clock.pending, 1, 'one that has been answered is not given up');
});

t.test('star 6 switches what the room hears of the telephone, other keys do not', async (t) => {
  const { gateway, start } = await open(t);
  start();
  const phone = await gateway.call();
  phone.observer.emit('answered');
  phone.press('6');
  phone.press('*5');
  phone.press('6*7');
  t.strictSame(phone.asked, []);
  phone.press('*6');
  phone.press('6');
  phone.press('**6');
  t.strictSame(phone.asked, [false, true]);
});

t.test('a call is empty for its session when nobody but its telephone is there', async (t) => {
  const { gateway, clock, rooms, start, changed } = await open(t);
  start();
  const phone = await gateway.call();
  phone.observer.emit('answered');
  const ended = changed();
  rooms.get('standup').addPeer({ enableSimulcast: false });
  const later = async (duration: number) => {
    for (let passed = 0; passed < duration; passed += 15_000) {
      await clock.whenPending(1);
      clock.advance(15_000);
    }
  };
  await later(450_000);
  for (const { id } of rooms.get('standup').peers.values()) rooms.get('standup').removePeer(id);
  await later(1_800_000);
  t.notOk(phone.closed, 'after half an hour it goes on');
  await later(15_000);
  t.match(await ended, { state: 'ended', failure: undefined }, 'then it has ended');
});

t.test('a room that ends, ends the session', async (t) => {
  const { gateway, rooms, start, changed, idle } = await open(t);
  start();
  const phone = await gateway.call();
  phone.observer.emit('answered');
  const ended = changed();
  await rooms.delete('standup');
  t.match(await ended, { state: 'ended', failure: undefined });
  await idle();
  t.ok(phone.closed);
});

t.test('without SIP the session fails, and no room is made', async (t) => {
  const { rooms, start, changed } = await open(t, { withGateway: false });
  const ended = changed();
  start();
  t.match(await ended, { failure: { kind: 'gateway' } });
  t.equal(rooms.size, 0);
});
