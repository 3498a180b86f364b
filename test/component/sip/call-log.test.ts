import { pino } from 'pino';
import t from 'tap';
import { CallLog } from '../../../src/component/sip/call-log.ts';
import { Room } from '../../../src/room/room.ts';
import type { RoomEvent } from '../../../src/room/room-event.ts';
import { RoomEvents } from '../../../src/room/room-events.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { negotiated } from './telephony-double.ts';

const logger = pino({ level: 'silent' });

function open() {
  const events = new RoomEvents();
  const seen: RoomEvent[] = [];
  const clock = new HeldClock(0);
  const timeouts = { peerlessPurgeTimeout: null, peerDisconnectedTimeout: null };
  const room = (roomId: string) =>
    new Room({
      ...{ config: { roomId, maxPeers: null, videoCodec: null, webhookUrl: null, ...timeouts }, events, clock },
      ...{ media: { close: () => undefined }, onPurge: () => undefined },
    });
  const [lobby, other] = [room('lobby'), room('other')];
  events.subscribe((event) => seen.push(event));
  const calls = new CallLog(events, clock);
  const begin = (party: string, of = lobby) =>
    calls.begin({ room: of, componentId: 'c', direction: 'outgoing', party, notify: false, logger }, 'calling');
  return { calls, begin, lobby, other, clock, seen };
}

t.test('a room shows the calls that go on and the last 32 that ended', async (t) => {
  const { calls, begin, lobby, other } = open();
  const first = begin('0');
  for (let number = 1; number <= 40; number += 1) begin(`${number}`).finish({ reason: 'busy', status: 486 });
  begin('elsewhere', other);
  const parties = calls.list(lobby).map(({ party }) => party);
  t.equal(parties.length, 33);
  t.strictSame([parties[0], parties[1], parties.at(-1)], ['0', '9', '40']);
  t.equal(calls.list(other).length, 1);
  t.equal(calls.current.length, 2);
  first.finish({ reason: 'remote_hangup' });
  t.strictSame(calls.ended, [
    { reason: 'busy', direction: 'outgoing', count: 40 },
    { reason: 'remote_hangup', direction: 'outgoing', count: 1 },
  ]);
});

t.test('of what is called only as much is kept and told as a number can have', async (t) => {
  const { begin, seen } = open();
  const { status } = begin('1'.repeat(1_000_000));
  t.equal(status.party.length, 512);
  t.match(seen.at(-1), { type: 'callChanged', party: status.party });
});

t.test('each state is told once, and nothing after the end', async (t) => {
  const { begin, clock, seen } = open();
  const call = begin('1');
  call.enter('ringing');
  call.enter('ringing');
  call.use(negotiated);
  call.use({ ...negotiated, codec: 'opus' });
  t.match(call.status, { codec: 'opus', encrypted: false, durationMs: 0 });
  clock.advance(1500.4);
  call.finish({ reason: 'user_hangup' });
  call.finish({ reason: 'failed' });
  call.enter('ringing');
  call.pressed('1');
  clock.advance(1000);
  t.match(call.status, { state: 'ended', durationMs: 1500, end: { reason: 'user_hangup' } });
  const told = seen.map((event) => (event.type === 'callChanged' ? event.state : event.type));
  t.strictSame(told, ['calling', 'ringing', 'in_call', 'ended']);
});
