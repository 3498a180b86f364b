import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { RoomEvents } from '../../src/room/room-events.ts';
import { EventStream } from '../../src/web/event-stream.ts';
import { HeldClock } from '../clock/held-clock.ts';

function open() {
  const events = new RoomEvents();
  const clock = new HeldClock();
  return { events, clock, stream: new EventStream({ events, clock, roomId: 'demo' }) };
}

t.test('events of its room are streamed, named as in the notifications', async (t) => {
  const { events, stream } = open();
  events.emit({ type: 'peerAdded', roomId: 'demo', peerId: 'p1' });
  events.emit({ type: 'peerAdded', roomId: 'other', peerId: 'p2' });
  events.emit({ type: 'peerMetadataUpdated', roomId: 'demo', peerId: 'p1', metadata: { name: 'a\n\nb' } });
  stream.close();
  const [greeting, ...messages] = (await text(stream.readable)).split('\n\n').slice(0, -1);
  t.equal(greeting, ':');
  t.same(
    messages.map((message) => JSON.parse(message.replace(/^data: /, ''))),
    [
      { name: 'PeerAdded', roomId: 'demo', peerId: 'p1' },
      { name: 'PeerMetadataUpdated', roomId: 'demo', peerId: 'p1', metadata: { name: 'a\n\nb' } },
    ],
  );
});

t.test('a comment is sent every 15 s until it is closed', async (t) => {
  const { events, clock, stream } = open();
  clock.advance(15_000);
  clock.advance(15_000);
  stream.close();
  stream.close();
  t.equal(clock.pending, 0);
  events.emit({ type: 'roomDeleted', roomId: 'demo' });
  t.equal(await text(stream.readable), ':\n\n'.repeat(3));
});

t.test('the stream ends with its reader', async (t) => {
  const { clock, stream } = open();
  const closed = once(stream.readable, 'close');
  stream.readable.destroy();
  await closed;
  t.equal(clock.pending, 0);
  stream.close();
});

t.test('a stream that nobody reads is cut off', async (t) => {
  const { events, clock, stream } = open();
  const closed = once(stream.readable, 'close');
  const metadata = 'x'.repeat(100_000);
  for (let count = 0; count < 12; count += 1) {
    events.emit({ type: 'peerMetadataUpdated', roomId: 'demo', peerId: 'p1', metadata });
  }
  await closed;
  t.equal(clock.pending, 0);
});
