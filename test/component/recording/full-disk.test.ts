import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import type { MediaStoreOptions } from '../../../src/storage/media-store.ts';
import { eventually } from '../../eventually.ts';
import { decodedTimes, decoderComplaints, packetTimes } from '../../recorded-media.ts';
import { opusScript, videoScript } from '../../scripts.ts';
import { manifestAt } from '../../storage/media-on-disk.ts';
import { SmallDisk } from '../../storage/small-disk.ts';
import { RecordingRoom } from './recording-room.ts';
import { ScriptedComponent } from './scripted-component.ts';

const video = await videoScript({ source: 'testsrc2=s=320x180:r=30', duration: 2, frameRate: 30 });
const audio = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t):s=48000', 2);
const megabyte = 1024 * 1024;
const size = 24 * megabyte;

/** A room on a small disk, with audio and video. */
async function open(t: Test, options: Partial<MediaStoreOptions> = {}) {
  const disk = await SmallDisk.open(t, size);
  const folder = join(disk.path, 'raw_recordings');
  const room = await RecordingRoom.open(t, {}, { folder, readFreeSpace: disk.free, ...options });
  const publisher = await ScriptedComponent.join(room.world.room);
  await publisher.publish([
    ['h264', video],
    ['opus', audio],
  ]);
  /** Records until there is something of everything. */
  const record = async () => {
    const recording = await room.record({ composed: true });
    const folder = (await room.parts()).at(-1) ?? '';
    await eventually('two tracks', async () => Object.keys((await readReport(folder))?.tracks ?? {}).length === 2);
    const tracks = Object.keys((await readReport(folder))?.tracks ?? {}).map((name) => join(folder, name));
    for (const path of [...tracks, join(folder, 'room.mp4.part')])
      await eventually(`media in ${path}`, async () => (await packetTimes(path)).length > 30);
    return { ...recording, folder };
  };
  return { disk, room, publisher, record };
}

/** Says that everything in the folder of a recording can be read, and that all of it is there. */
async function assertReadable(t: Test, folder: string): Promise<void> {
  t.match(await manifestAt(folder), { state: 'stored' });
  const media = (await readdir(folder)).filter((name) => !name.endsWith('.json'));
  t.equal(media.length, 3, 'two tracks and the composite');
  for (const name of media) {
    t.equal(await decoderComplaints(join(folder, name)), '', name);
    t.ok((await decodedTimes(join(folder, name))).length > 20, name);
  }
  t.same(
    media.filter((name) => name.endsWith('.mkv')).sort(),
    Object.keys((await readReport(folder))?.tracks ?? {}).sort(),
    'the report is honest',
  );
}

t.test('a recording ends before the disk is full, and nothing else does', async (t) => {
  const { disk, room, publisher, record } = await open(t, { minFree: 8 * megabyte });
  const { component, folder } = await record();
  await disk.fill(6 * megabyte);
  t.match(await room.world.event('componentCrashed'), { componentId: component.id }, 'backends are told');
  await component.source.close();
  await room.store.settled();
  t.ok((await disk.free(disk.path)) > 0);
  await assertReadable(t, folder);
  t.equal(room.world.room.components.size, 1, 'the publisher is still there');
  t.equal(publisher.component.tracks.size, 2);
  t.same(
    room.world.events.flatMap(({ type }) => (type === 'trackRemoved' ? [type] : [])),
    [],
  );

  const { component: refused } = await room.record();
  t.notOk(room.world.room.components.has(refused.id), 'another one does not even begin');
  t.equal((await room.parts()).length, 1);
  await disk.clear();
  const again = await record();
  await room.end(again.component);
  await assertReadable(t, again.folder);
});

t.test('a suddenly full disk ends the recording cleanly', async (t) => {
  const { disk, room, publisher, record } = await open(t);
  // where there is no real one, a recording goes on as long as nobody says anything
  if (!disk.isReal) return t.equal(await disk.free(disk.path), size);
  const { component, folder } = await record();
  await disk.fill(0);
  t.match(await room.world.event('componentCrashed'), { componentId: component.id });
  await component.source.close();
  t.match(room.log.join('\n'), /"ENOSPC"/);
  await disk.clear();
  await room.store.settled();
  await assertReadable(t, folder);
  t.equal(publisher.component.tracks.size, 2);
});

t.test('a folder that cannot be created fails the recording', async (t) => {
  const { disk, room, publisher, record } = await open(t);
  const refused = async () => {
    const { component } = await room.record();
    const crashed = room.world.events.flatMap((event) =>
      event.type === 'componentCrashed' ? [event.componentId] : [],
    );
    t.equal(crashed.at(-1), component.id, 'backends are told');
    t.notOk(room.world.room.components.has(component.id));
    await component.source.close();
  };
  const place = join(room.folder, room.world.room.id);
  // what holds for root, too
  await mkdir(room.folder, { recursive: true });
  await writeFile(place, 'a file where the folder should be');
  await refused();
  await rm(place);
  if (await disk.forbid()) {
    await refused();
    await disk.allow();
  }
  t.equal(publisher.component.tracks.size, 2, 'the room goes on');
  const { component, folder } = await record();
  await room.end(component);
  await assertReadable(t, folder);
});
