import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { OwedUpload } from '../../../src/component/hls/owed-upload.ts';
import { Sealer } from '../../../src/storage/sealed-text.ts';
import { account } from '../../storage/s3-store.ts';

async function noted(t: Test) {
  const resourcesBasePath = t.testdir({ temporary_hls: { room: { 'index.m3u8': '#EXTM3U' } } });
  const notes = { resourcesBasePath, sealer: new Sealer('a'.repeat(32), 'test') };
  const folder = join(resourcesBasePath, 'temporary_hls', 'room');
  const secret = { ...account, secretAccessKey: 'do-not-tell' };
  const owed = await OwedUpload.note(notes, { roomId: 'room', folder, account: secret, startedAt: 0 });
  return { notes, owed, secret, folder, noteFolder: join(resourcesBasePath, 'hls_uploads') };
}

t.test('the next server knows what is owed, and nobody else', async (t) => {
  const { notes, secret, folder, noteFolder } = await noted(t);
  const [owed] = await OwedUpload.load(notes);
  t.match(owed, { roomId: 'room', folder });
  t.strictSame(owed?.account, secret);
  const [name = ''] = await readdir(noteFolder);
  t.notMatch(await readFile(join(noteFolder, name), 'utf8'), 'do-not-tell');
  const [foreign] = await OwedUpload.load({ ...notes, sealer: new Sealer('b'.repeat(32), 'test') });
  t.equal(foreign?.account, undefined, 'a server with another secret');
});

t.test('nothing is owed any more', async (t) => {
  const { notes, owed } = await noted(t);
  await owed.settle();
  await owed.settle();
  t.strictSame(await OwedUpload.load(notes), []);
});

t.test('files that make way', async (t) => {
  const { notes, owed, noteFolder } = await noted(t);
  t.equal(await owed.isThere(), true);
  t.equal(owed.prefix, 'room');
  const name = 'room_1970-01-01T00-00-00-000Z';
  const kept = join(noteFolder, name);
  t.equal(await owed.setAside(), kept);
  t.strictSame(await readdir(kept), ['index.m3u8']);
  t.equal(await owed.isThere(), true);
  const [later] = await OwedUpload.load(notes);
  for (const upload of [owed, later]) t.match(upload, { roomId: 'room', folder: kept, prefix: name });
  await rm(kept, { recursive: true });
  t.equal(await owed.setAside(), undefined, 'there are none any more');
  t.strictSame(await OwedUpload.load(notes), []);
});

t.test('notes that nobody can read, and no notes', async (t) => {
  const { notes, noteFolder, owed } = await noted(t);
  await writeFile(join(noteFolder, 'torn.json'), '{"version":1,');
  await writeFile(join(noteFolder, 'other.json'), '{"version":2}');
  await mkdir(join(noteFolder, 'room_aside'));
  t.strictSame(
    (await OwedUpload.load(notes)).map(({ folder }) => folder),
    [owed.folder],
  );
  t.strictSame(await OwedUpload.load({ ...notes, resourcesBasePath: noteFolder }), []);
});
