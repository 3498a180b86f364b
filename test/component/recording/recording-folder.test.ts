import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import t from 'tap';
import { makeRecordingFolder } from '../../../src/component/recording/recording-folder.ts';

t.test('the name is the time, and unique', async (t) => {
  const folder = t.testdir();
  const startedAt = Date.UTC(2024, 4, 23, 12, 58, 19, 123) + 0.5;
  const paths = [];
  for (let count = 0; count < 3; count += 1) paths.push(await makeRecordingFolder(folder, 'room', startedAt));
  t.same(
    paths.map((path) => basename(path)),
    [500, 501, 502].map((micros) => `part_2024-05-23 12:58:19.123${micros}Z`),
  );
  t.equal(dirname(paths[0] ?? ''), join(folder, 'room'));
});

t.test('a file in place of a folder is an error', async (t) => {
  const folder = t.testdir({ raw: '', rooms: { room: '' } });
  await mkdir(join(folder, 'other'));
  await t.rejects(makeRecordingFolder(join(folder, 'raw'), 'room', 0), { code: /ENOTDIR|EEXIST/ });
  await t.rejects(makeRecordingFolder(join(folder, 'rooms'), 'room', 0), { code: /ENOTDIR|EEXIST/ });
});
