import t from 'tap';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import { folderName, roomOfFolder } from '../../src/storage/folder-name.ts';
import { roomConfig } from '../room/room-world.ts';

t.test('long ids get folders of their own, from which their rooms are found', async (t) => {
  const rooms = new RoomRegistry({ events: new RoomEvents(), openMedia: async () => ({ close: () => undefined }) });
  t.teardown(() => rooms.close());
  const ids = ['room', 'x'.repeat(200), 'x'.repeat(201), `${'x'.repeat(511)}a`, `${'x'.repeat(511)}b`];
  for (const roomId of ids) await rooms.create(roomConfig({ roomId }));
  t.same(
    ids.slice(0, 2).map((id) => folderName(id)),
    ids.slice(0, 2),
    'short ones are their names',
  );
  t.equal(new Set(ids.map((id) => folderName(id))).size, ids.length);
  for (const id of ids) {
    t.match(folderName(id), /^[\w-]{1,200}$/);
    t.equal(roomOfFolder(rooms, folderName(id))?.id, id);
  }
  t.equal(roomOfFolder(rooms, folderName('x'.repeat(300))), undefined);
});
