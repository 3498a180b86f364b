import { pino } from 'pino';
import t from 'tap';
import { EventLog } from '../../src/notification/event-log.ts';
import { RoomEvents } from '../../src/room/room-events.ts';

t.test('rooms and outputs are logged when they begin and end, with the room id', async (t) => {
  const events = new RoomEvents();
  const lines: Record<string, unknown>[] = [];
  const log = new EventLog(events, pino({}, { write: (line) => lines.push(JSON.parse(line)) }));
  const output = { type: 'outputChanged', roomId: 'r', outputId: 'o', outputType: 'rtmp', notify: false } as const;
  const url = 'https://user:secret@backend.example';
  events.emit({ type: 'roomCreated', roomId: 'r', webhookUrl: url });
  events.emit({ type: 'peerAdded', roomId: 'r', peerId: 'p' });
  events.emit({ type: 'hlsPlayable', roomId: 'r', componentId: 'c' });
  events.emit({ ...output, state: 'starting', error: null });
  events.emit({ ...output, state: 'running', error: null });
  events.emit({ ...output, state: 'finished', error: null });
  events.emit({ ...output, state: 'failed', error: 'Connection lost' });
  events.emit({ type: 'roomDeleted', roomId: 'r' });
  log.close();
  log.close();
  events.emit({ type: 'roomDeleted', roomId: 'other' });
  t.match(lines, [
    { msg: 'A room was created.', roomId: 'r', level: 30 },
    { msg: 'A stream can be played.', roomId: 'r', componentId: 'c' },
    { msg: 'An output of a room is running.', roomId: 'r', outputId: 'o', outputType: 'rtmp' },
    { msg: 'An output of a room has finished.', outputId: 'o' },
    { msg: 'An output of a room failed.', reason: 'Connection lost', level: 40 },
    { msg: 'A room was deleted.', roomId: 'r', level: 30 },
  ]);
  t.equal(lines.length, 6);
  t.notMatch(JSON.stringify(lines), /secret/);
});
