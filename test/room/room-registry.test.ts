import t from 'tap';
import { ShoalError } from '../../src/error/shoal-error.ts';
import { Component } from '../../src/room/component.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { type RoomLimits, RoomRegistry } from '../../src/room/room-registry.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { roomConfig } from './room-world.ts';

function createRegistry(limits?: RoomLimits) {
  const clock = new HeldClock();
  const events = new RoomEvents();
  const heard: string[] = [];
  events.subscribe((event) => heard.push(`${event.type} ${event.roomId}`));
  const media = { opened: 0, closed: 0, crash: [] as (() => void)[] };
  const registry = new RoomRegistry({
    events,
    clock,
    ...(limits && { limits }),
    openMedia: async (_config, onCrash) => {
      media.opened += 1;
      media.crash.push(onCrash);
      return {
        close: () => {
          media.closed += 1;
        },
      };
    },
  });
  return { registry, clock, heard, media };
}

t.test('an id is taken from the first request on, also while the room is being opened', async (t) => {
  const { registry, media } = createRegistry();
  const [first, second] = await Promise.allSettled([registry.create(roomConfig()), registry.create(roomConfig())]);
  t.equal(first?.status, 'fulfilled');
  t.match(second, { status: 'rejected', reason: new ShoalError('roomExists', 'room') });
  t.equal(media.opened, 1);
  await registry.delete('room');
  await t.resolves(registry.create(roomConfig()), 'free again after the deletion');
});

t.test('getting or deleting an unknown room fails with roomNotFound', async (t) => {
  const { registry } = createRegistry();
  t.equal(registry.find('x'), undefined);
  t.throws(() => registry.get('x'), new ShoalError('roomNotFound', 'x'));
  await t.rejects(registry.delete('x'), new ShoalError('roomNotFound', 'x'));
});

t.test('a media plane that dies crashes only its own room', async (t) => {
  const { registry, heard, media } = createRegistry();
  await registry.create(roomConfig({ roomId: 'a' }));
  await registry.create(roomConfig({ roomId: 'b' }));
  media.crash[0]?.();
  t.same(heard, ['roomCreated a', 'roomCreated b', 'roomCrashed a']);
  t.same(
    registry.list().map(({ id }) => id),
    ['b'],
  );
});

t.test('a media plane that dies while it is being opened leaves no room', async (t) => {
  const heard: string[] = [];
  const events = new RoomEvents();
  events.subscribe(({ type }) => heard.push(type));
  let closed = 0;
  const registry = new RoomRegistry({
    events,
    openMedia: async (_config, onCrash) => {
      onCrash();
      return {
        close: () => {
          closed += 1;
        },
      };
    },
  });
  await t.rejects(registry.create(roomConfig()));
  t.same(heard, []);
  t.equal(closed, 1);
  t.equal(registry.size, 0);
});

t.test('a purged room is deleted like any other', async (t) => {
  const { registry, clock, heard } = createRegistry();
  await registry.create(roomConfig({ peerlessPurgeTimeout: 1 }));
  clock.advance(1000);
  t.same(heard, ['roomCreated room', 'roomDeleted room']);
  t.equal(registry.size, 0);
});

t.test('closing the registry closes every room', async (t) => {
  const { registry, heard, media } = createRegistry();
  await registry.create(roomConfig({ roomId: 'a' }));
  await registry.create(roomConfig({ roomId: 'b' }));
  await registry.close();
  t.equal(media.closed, 2);
  t.same(heard.slice(2).sort(), ['roomDeleted a', 'roomDeleted b']);
  await t.rejects(registry.create(roomConfig({ roomId: 'c' })), 'nothing is opened any more');
});

t.test('rooms, and the peers and components of all of them, are limited', async (t) => {
  const { registry } = createRegistry({ rooms: 2, peers: 3, components: 1 });
  const [a, b] = [
    await registry.create(roomConfig({ roomId: 'a' })),
    await registry.create(roomConfig({ roomId: 'b' })),
  ];
  const full = (kind: string, limit: number) => new ShoalError('serverLimitReached', kind, String(limit));
  await t.rejects(registry.create(roomConfig({ roomId: 'c' })), full('rooms', 2));
  for (const room of [a, a, b]) room.addPeer({ enableSimulcast: true });
  t.throws(() => b.addPeer({ enableSimulcast: true }), full('peers', 3));
  t.throws(() => a.checkPeerLimit(), full('peers', 3));
  a.checkComponentLimit();
  const source = { properties: () => ({}), close: async () => undefined };
  a.addComponent(new Component('one', 'hls', source));
  t.throws(() => b.checkComponentLimit(), full('components', 1));
  await registry.delete('a');
  b.checkComponentLimit();
  await t.resolves(registry.create(roomConfig({ roomId: 'c' })), 'there is space again');
  t.match(full('rooms', 2), { status: 503, message: 'Reached the limit of 2 rooms on this server' });
});

t.test('while the server stops nothing is added, and the reason is told', async (t) => {
  const opening = Promise.withResolvers<{ close: () => void }>();
  let closed = false;
  const media = {
    close: () => {
      closed = true;
    },
  };
  const openMedia = [async () => media, () => opening.promise, () => opening.promise];
  const registry = new RoomRegistry({
    events: new RoomEvents(),
    openMedia: () => openMedia.shift()?.() ?? opening.promise,
  });
  const room = await registry.create(roomConfig({ roomId: 'a' }));
  const late = registry.create(roomConfig({ roomId: 'b' }));
  registry.expectEnd();
  opening.resolve(media);
  const stopping = new ShoalError('serverStopping');
  await t.rejects(late, stopping);
  t.ok(closed, 'and what was opened is closed');
  await t.rejects(registry.create(roomConfig({ roomId: 'c' })), stopping);
  t.throws(() => room.addPeer({ enableSimulcast: true }), stopping);
  t.throws(() => room.checkComponentLimit(), stopping);
  t.equal(stopping.status, 503);
});

t.test('media workers that end first are no other reason', async (t) => {
  const opening = Promise.withResolvers<never>();
  const registry = new RoomRegistry({ events: new RoomEvents(), openMedia: () => opening.promise });
  const late = registry.create(roomConfig());
  registry.expectEnd();
  opening.reject(new Error('No media worker is alive.'));
  await t.rejects(late, new ShoalError('serverStopping'));
});
