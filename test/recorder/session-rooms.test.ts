import t from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { SessionFailure } from '../../src/recorder/session-failure.ts';
import { isRoomId, SessionRooms } from '../../src/recorder/session-rooms.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import { mediaDouble } from '../sfu/media-double.ts';

const notJoined = new SessionFailure('notJoined');

function open(autoCreate = true) {
  const events = new RoomEvents();
  const rooms = new RoomRegistry({ events, openMedia: async () => mediaDouble() });
  return { rooms, sessions: new SessionRooms({ rooms, events, autoCreate, clock: systemClock }) };
}

t.test('names that the REST API refuses are not room ids', async (t) => {
  for (const name of ['', '..', '%zz', 'a b', 'a\nb', 'é']) t.notOk(isRoomId(name), JSON.stringify(name));
  t.ok(isRoomId('Stand-up_1'));
});

t.test('a room that was created for sessions is deleted with the last of them', async (t) => {
  const { rooms, sessions } = open();
  const { signal } = new AbortController();
  const room = await sessions.join('standup', signal);
  t.equal(await sessions.join('STANDUP', signal), room, 'case does not matter');
  t.equal(await sessions.join(room, signal), room, 'neither does who names it');
  for (const size of [1, 1, 0]) {
    await sessions.leave(room);
    t.equal(rooms.size, size);
  }
});

t.test('an existing room is kept', async (t) => {
  const { rooms, sessions } = open(false);
  t.teardown(() => rooms.close());
  const config = { maxPeers: null, videoCodec: null, webhookUrl: null };
  const timeouts = { peerlessPurgeTimeout: null, peerDisconnectedTimeout: null };
  const room = await rooms.create({ roomId: 'standup', ...config, ...timeouts });
  await sessions.leave(await sessions.join('standup', new AbortController().signal));
  t.equal(rooms.find('standup'), room);
});

t.test('a session of another server, and one that is stopped while it waits, join no room', async (t) => {
  const { rooms, sessions } = open(false);
  const abort = new AbortController();
  await t.rejects(sessions.join(undefined, abort.signal), notJoined);
  const waiting = sessions.join('later', abort.signal);
  abort.abort();
  await t.rejects(waiting, notJoined);
  t.equal(rooms.size, 0);
});
