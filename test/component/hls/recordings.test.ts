import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Recordings, removeDeleted } from '../../../src/component/hls/recordings.ts';
import { folderName } from '../../../src/storage/folder-name.ts';

t.test('finished streams are listed, read and deleted; live ones are not recordings', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-recordings-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const live = new Set(['live']);
  const recordings = new Recordings(folder, (id) => live.has(id));
  for (const id of ['over', 'live']) {
    await mkdir(join(folder, id));
    await writeFile(join(folder, id, 'index.m3u8'), id);
  }

  t.same(await recordings.list(), ['over']);
  const file = await recordings.open('over', 'index.m3u8');
  t.equal(await file.handle.readFile('utf8'), 'over');
  await file.handle.close();

  await t.rejects(recordings.open('live', 'index.m3u8'), { code: 'fileNotFound' });
  await t.rejects(recordings.open('./live', 'index.m3u8'), { code: 'fileNotFound' });
  await t.rejects(recordings.open('over', '../live/index.m3u8'), { code: 'invalidRecordingFilename' });
  await t.rejects(recordings.open('..', 'x'), { code: 'invalidRecording' });
  await t.rejects(recordings.delete('live'), { code: 'recordingNotFound' });
  await t.rejects(recordings.delete('over/index.m3u8'), { code: 'recordingNotFound' });
  await t.rejects(recordings.delete('.'), { code: 'invalidRecordingId' });

  live.clear();
  await recordings.delete('live');
  await recordings.delete('./over');
  t.same(await readdir(folder), []);
  t.same(await new Recordings(join(folder, 'none'), () => false).list(), []);
});

t.test('a recording whose room has a long id is found by the id, too', async (t) => {
  const id = 'x'.repeat(512);
  const folder = t.testdir({ [folderName(id)]: { 'index.m3u8': 'long' } });
  const recordings = new Recordings(folder, () => false);
  t.same(await recordings.list(), [folderName(id)]);
  for (const name of [id, folderName(id)]) {
    const { handle } = await recordings.open(name, 'index.m3u8');
    t.equal(await handle.readFile('utf8'), 'long');
    await handle.close();
  }
  await recordings.delete(id);
  t.same(await readdir(folder), []);
});

t.test('a stream that begins while a recording with its id is deleted is not deleted', async (t) => {
  const folder = t.testdir({ room: { 'index.m3u8': 'earlier' } });
  const answers = [false, true];
  const recordings = new Recordings(folder, () => answers.shift() ?? true);
  await t.rejects(recordings.delete('room'), { code: 'recordingNotFound' });
  t.same(await readdir(join(folder, 'room')), ['index.m3u8']);

  const over = new Recordings(folder, () => false);
  const deleting = over.delete('room');
  // What is made in its place at any moment from now on is new.
  for (let made = false; !made; )
    made = await mkdir(join(folder, 'room')).then(
      () => true,
      () => false,
    );
  await writeFile(join(folder, 'room', 'index.m3u8'), 'new');
  await deleting;
  t.equal(await readFile(join(folder, 'room', 'index.m3u8'), 'utf8'), 'new');
});

t.test('what a server that died did not delete is not listed, and deleted by the next one', async (t) => {
  const folder = t.testdir({ '.deleted-1': { 'a.m4s': '' }, room: {} });
  const recordings = new Recordings(folder, () => false);
  t.same(await recordings.list(), ['room']);
  await t.rejects(recordings.open('.deleted-1', 'a.m4s'), { code: 'fileNotFound' });
  await removeDeleted(folder);
  t.same(await readdir(folder), ['room']);
  await t.resolves(removeDeleted(join(folder, 'none')));
});
