import { pino } from 'pino';
import t from 'tap';
import { RecordedRoom } from '../../../src/component/recording/recorded-room.ts';
import type { ToTrackRecording } from '../../../src/component/recording/track-recorder-message.ts';
import type { RoomRouter } from '../../../src/sfu/room-router.ts';
import { HeldClock } from '../../clock/held-clock.ts';

function open() {
  const clock = new HeldClock();
  const sent: ToTrackRecording['type'][] = [];
  const calls: string[] = [];
  const start = { folder: '/nowhere', recordingId: 'room', startedAt: 0, timeOrigin: 0 };
  const logger = pino({ enabled: false });
  const room = new RecordedRoom(
    { media: {} as RoomRouter, ...start, logger },
    {
      ...{ start, clock, send: ({ type }) => sent.push(type) },
      onTimeout: () => calls.push('timeout'),
      onClosed: () => calls.push('closed'),
    },
  );
  return { clock, sent, calls, room };
}

t.test('a room is closed when its files are complete', async (t) => {
  const { clock, sent, calls, room } = open();
  room.introduce();
  const closing = room.close();
  t.same(sent, ['open', 'close']);
  t.same(calls, []);
  room.take({ type: 'closed' });
  await closing;
  t.same(calls, ['closed']);
  t.equal(clock.pending, 0);
});

t.test('a track recorder that does not complete the files in time is replaced', async (t) => {
  const { clock, sent, calls, room } = open();
  room.introduce();
  const closing = room.close();
  clock.advance(30_000);
  t.same(calls, ['timeout']);
  room.lose({ reason: 'unfinished' });
  room.introduce();
  await closing;
  t.same(calls, ['timeout', 'closed']);
  t.same(sent, ['open', 'close'], 'the next one has nothing to do with it');
});

t.test('a room that no track recorder knows is closed at once', async (t) => {
  const { sent, calls, room } = open();
  await room.close();
  room.introduce();
  t.same(sent, []);
  t.same(calls, ['closed']);
});
