import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { ComponentKind } from '../../src/component/component-kind.ts';
import { Components } from '../../src/component/components.ts';
import type { VideoCodec } from '../../src/room/room-config.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import { ComponentDouble, componentDoubles, componentsOf } from '../api/component-double.ts';
import { mediaDouble } from '../sfu/media-double.ts';

const rooms = new RoomRegistry<RoomRouter>({ events: new RoomEvents(), openMedia: async () => mediaDouble() });
t.teardown(() => rooms.close());
const unset = { maxPeers: null, webhookUrl: null, peerlessPurgeTimeout: null, peerDisconnectedTimeout: null };
const createRoom = (videoCodec: VideoCodec | null = null) =>
  rooms.create({ roomId: randomUUID(), videoCodec, ...unset });

t.test('components of one room are created one after the other, whether or not one fails', async (t) => {
  const double = new ComponentDouble('file');
  const made: unknown[] = [];
  const { promise, reject } = Promise.withResolvers<void>();
  const kind: ComponentKind = {
    type: 'file',
    codecRule: false,
    create: async (room, options) => {
      made.push(options.name);
      if (options.name === 'first') await promise;
      return await double.create(room, options);
    },
  };
  const components = new Components([kind]);
  const room = await createRoom();
  const first = components.create(room, 'file', { name: 'first' });
  const second = components.create(room, 'file', { name: 'second' });
  await components.create(await createRoom(), 'file', { name: 'in another room' });
  t.same(made, ['first', 'in another room']);
  reject(new Error('broken'));
  await t.rejects(first, { message: 'broken' });
  t.ok(room.components.has((await second).id));
});

t.test('a component for which nobody waits any more is not created, or leaves before the next one comes', async (t) => {
  const double = new ComponentDouble('hls', { limit: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  double.delay = promise;
  const components = new Components([double]);
  const room = await createRoom();
  const late = new AbortController();
  const { signal } = late;
  const first = components.create(room, 'hls', {}, { signal });
  const second = components.create(room, 'hls', {}, { signal });
  const third = components.create(room, 'hls');
  const refused = t.rejects(second, { name: 'AbortError' });
  while (double.calls.length === 0) await new Promise((done) => setImmediate(done));
  late.abort();
  resolve();
  t.notOk(room.components.has((await first).id));
  await refused;
  t.same([...room.components.keys()], [(await third).id]);
  t.equal(double.calls.filter(([name]) => name === 'create').length, 2);
});

t.test('a type that is not allowed is refused', async (t) => {
  const components = new Components([new ComponentDouble('file')]);
  t.same(components.types, ['file']);
  await t.rejects(components.create(await createRoom(), 'hls'), { code: 'componentsDisabled' });
});

t.test('a closed room gets no components', async (t) => {
  const room = await createRoom();
  await rooms.delete(room.id);
  await t.rejects(componentsOf(componentDoubles()).create(room, 'file'), { code: 'roomNotFound' });
});

t.test('the codec rule can be skipped, the limit cannot', async (t) => {
  const components = componentsOf(componentDoubles());
  const room = await createRoom('vp8');
  await t.rejects(components.create(room, 'hls'), { code: 'incompatibleCodec' });
  await components.create(room, 'hls', {}, { anyCodec: true });
  await t.rejects(components.create(room, 'hls', {}, { anyCodec: true }), { code: 'componentLimitReached' });
});

t.test('a component that is only shown does not count towards the limit', async (t) => {
  const components = componentsOf(componentDoubles());
  const room = await createRoom('h264');
  const shown = components.show(room, 'recording', { properties: () => ({}), close: async () => undefined });
  t.equal(room.components.get(shown.id), shown);
  await components.create(room, 'recording');
  await t.rejects(components.create(room, 'recording'), { code: 'componentLimitReached' });
});
