import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type RecordedFile, readReport, reportName } from '../../../src/component/recording/recording-report.ts';
import { ReportFile } from '../../../workers/track-recorder/report-file.ts';

const file: RecordedFile = {
  ...{ type: 'audio', encoding: 'OPUS', offset: 0, start_timestamp: 1, end_timestamp: 1, clock_rate: 48_000 },
  ...{ metadata: { displayName: 'Ann' }, origin: 'peer' },
};

async function folderOf(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-report-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

t.test(
  'a file is in the report on disk before anything is written to it; later changes are saved now and then',
  async (t) => {
    const folder = await folderOf(t);
    const report = await ReportFile.open(folder, 'room');
    await report.save();
    t.same(await readdir(folder), [], 'nothing to tell');
    await report.add('a.mkv', file);
    t.same(await readReport(folder), { recording_id: 'room', tracks: { 'a.mkv': file } });
    report.note('a.mkv', { end_timestamp: 9, start_timestamp_wallclock: 5e9 });
    report.note('unknown.mkv', { end_timestamp: 10 });
    t.match((await readReport(folder))?.tracks, { 'a.mkv': { end_timestamp: 1 } });
    await report.save();
    t.same((await readReport(folder))?.tracks, {
      'a.mkv': { ...file, end_timestamp: 9, start_timestamp_wallclock: 5e9 },
    });
  },
);

t.test('concurrent calls each find their file in the report', async (t) => {
  const folder = await folderOf(t);
  const report = await ReportFile.open(folder, 'room');
  const names = Array.from({ length: 20 }, (_, index) => `${index}.mkv`);
  await Promise.all(
    names.map(async (name) => {
      await report.add(name, file);
      t.ok((await readReport(folder))?.tracks[name], name);
    }),
  );
  t.same(await readdir(folder), [reportName], 'nothing half is left');
});

t.test('the next worker continues the report unless it cannot be read', async (t) => {
  const folder = await folderOf(t);
  await (await ReportFile.open(folder, 'room')).add('a.mkv', file);
  await (await ReportFile.open(folder, 'room')).add('b.mkv', file);
  t.same(Object.keys((await readReport(folder))?.tracks ?? {}), ['a.mkv', 'b.mkv']);
  await writeFile(join(folder, reportName), '{"recording_id": "room", "tra');
  await (await ReportFile.open(folder, 'room')).add('c.mkv', file);
  t.same(Object.keys((await readReport(folder))?.tracks ?? {}), ['c.mkv']);
});

t.test('a disk that refuses the report takes it later', async (t) => {
  const folder = await folderOf(t);
  const missing = join(folder, 'gone');
  const report = await ReportFile.open(missing, 'room');
  await t.rejects(report.add('a.mkv', file), { code: 'ENOENT' });
  await mkdir(missing);
  await report.save();
  t.match(JSON.parse(await readFile(join(missing, reportName), 'utf8')), { tracks: { 'a.mkv': file } });
});
