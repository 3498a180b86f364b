import t from 'tap';
import { RoomEvents } from '../../../src/room/room-events.ts';
import { RoomRegistry } from '../../../src/room/room-registry.ts';
import { DemoRooms } from '../../../src/web/demo/demo-rooms.ts';

function registry(openMedia = async () => ({ close() {} })): RoomRegistry {
  const rooms = new RoomRegistry({ events: new RoomEvents(), openMedia });
  t.teardown(() => rooms.close());
  return rooms;
}

t.test('there is a room per codec, and no other', async (t) => {
  t.equal(DemoRooms.idFor(null), 'demo');
  t.equal(DemoRooms.idFor('vp8'), 'demo-vp8');
  t.equal(DemoRooms.idFor('h264'), 'demo-h264');
  t.throws(() => DemoRooms.idFor('av1'), { code: 'invalidVideoCodec' });
  t.throws(() => DemoRooms.check('else'), { code: 'roomNotFound' });
  await t.rejects(new DemoRooms(registry()).enter('else'), { code: 'roomNotFound' });
});

t.test('a room is created once, for the first visitor', async (t) => {
  const rooms = registry();
  const demo = new DemoRooms(rooms);
  const [one, two] = await Promise.all([demo.enter('demo-h264'), demo.enter('demo-h264')]);
  t.equal(one, two);
  t.equal(await demo.enter('demo-h264'), one);
  t.same(rooms.list(), [one]);
  t.equal(one.config.videoCodec, 'h264');
});

t.test('a room that a backend created is used', async (t) => {
  const rooms = registry();
  const limits = { maxPeers: 2, peerDisconnectedTimeout: null, peerlessPurgeTimeout: null };
  const made = await rooms.create({ roomId: 'demo', videoCodec: 'vp8', webhookUrl: null, ...limits });
  t.equal(await new DemoRooms(rooms).enter('demo'), made);
});

t.test('a deleted room is created again, also after a failure', async (t) => {
  let fails = true;
  const rooms = registry(async () => {
    if (fails) throw new Error('no worker');
    return { close() {} };
  });
  const demo = new DemoRooms(rooms);
  await t.rejects(demo.enter('demo'), { message: 'no worker' });
  fails = false;
  const first = await demo.enter('demo');
  await rooms.delete('demo');
  const second = await demo.enter('demo');
  t.not(second, first);
  t.equal(rooms.get('demo'), second);
});
