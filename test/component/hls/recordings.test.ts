import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Recordings } from '../../../src/component/hls/recordings.ts';

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
