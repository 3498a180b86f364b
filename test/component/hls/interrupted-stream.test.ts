// Streams whose server died, read back by an independent player: ffprobe.
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { completeInterruptedStream } from '../../../src/component/hls/interrupted-stream.ts';
import { programSource } from '../../program/program-source.ts';
import { PowerLoss } from '../../storage/power-loss.ts';
import { frameTimes } from './played-stream.ts';
import { RunningStream, wallClock } from './running-stream.ts';

const media = 'g2QABXZpZGVv.m3u8';
const segment = (n: number) => `muxed_segment_${n}_g2QABXZpZGVv.m4s`;
const frames = 24 * 5 + 10;
const source = await programSource({ seconds: frames / 24, frameRate: 24 });

/** What a crash, or a loss of power, leaves of a stream: five seconds and ten frames. */
async function interrupted(t: Test, options: Parameters<typeof RunningStream.open>[1] = {}, powerLoss = false) {
  const parent = await mkdtemp(join(tmpdir(), 'shoal-interrupted-'));
  t.teardown(() => rm(parent, { recursive: true, force: true }));
  const live = join(parent, 'live');
  const disk = await PowerLoss.watch(t, live);
  const running = await RunningStream.open(live, options);
  running.packager.format(source.format, { wallClock });
  for (const sample of source.samples) {
    running.packager.sample(sample);
    if (sample.kind === 'video') await running.folder.settle();
  }
  const folder = join(parent, 'left');
  if (powerLoss) await disk.restore(folder);
  else await cp(live, folder, { recursive: true });
  await running.end();
  const all = join(parent, 'all');
  await disk.restore(all);
  return { folder, all };
}

const playlist = async (folder: string) => await readFile(join(folder, media), 'utf8');
const listed = async (folder: string) => (await playlist(folder)).match(/^[^#].*m4s$/gm);

/** Whether all frames that can be decoded follow each other. */
async function check(t: Test, folder: string, least: number, most = least): Promise<void> {
  const times = await frameTimes(join(folder, 'index.m3u8'));
  t.ok(times.length >= least && times.length <= most, `${times.length} frames`);
  const gaps = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) * 24));
  t.strictSame([...new Set(gaps)], [1], 'none is missing');
  t.match(await playlist(folder), /m4s\n#EXT-X-ENDLIST\n$/);
}

t.test('with low latency everything but the unfinished part is kept', async (t) => {
  for (const persistent of [true, false]) {
    const { folder } = await interrupted(t, { persistent });
    t.ok((await readdir(folder)).includes(`${segment(2)}.part`), 'the pieces of a segment');
    const completed = await completeInterruptedStream(folder);
    t.equal(completed?.segments, 3);
    t.ok((completed?.duration ?? 0) > 5);
    t.strictSame(await listed(folder), [segment(0), segment(1), segment(2)]);
    await check(t, folder, frames - 8, frames);
    t.notOk((await readdir(folder)).some((name) => name.endsWith('.part')));
    t.equal(await completeInterruptedStream(folder), undefined, 'once is enough');
  }
});

t.test('without it everything but the unfinished group of pictures is kept', async (t) => {
  const { folder } = await interrupted(t, { persistent: true, lowLatency: false });
  t.equal((await completeInterruptedStream(folder))?.segments, 1);
  await check(t, folder, 4 * 24, frames);
});

t.test('after a power loss everything but the unfinished segment is kept', async (t) => {
  const { folder, all } = await interrupted(t, { persistent: true }, true);
  await completeInterruptedStream(folder);
  await check(t, folder, 96, frames);
  t.notOk((await readdir(all)).some((name) => name.endsWith('.part')));
  await check(t, all, frames);
});

t.test('a complete segment that is not listed is added', async (t) => {
  const { folder } = await interrupted(t, { persistent: true });
  const lines = (await playlist(folder)).split('\n');
  // as it was when the segment began
  const extinf = lines.lastIndexOf('#EXTINF:2.0,');
  await writeFile(join(folder, media), `${[...lines.slice(0, extinf), `#unfinished:${segment(1)}`].join('\n')}\n`);
  t.match(await completeInterruptedStream(folder), { segments: 2, duration: 4 });
  await check(t, folder, 96);
});

t.test('a fragment that is only half written is dropped', async (t) => {
  const { folder } = await interrupted(t, { persistent: true });
  const path = join(folder, `${segment(2)}.part`);
  await truncate(path, (await stat(path)).size - 100);
  await completeInterruptedStream(folder);
  await check(t, folder, frames - 16, frames - 7);
  await truncate(join(folder, segment(2)), 10);
});

t.test('an empty segment is removed', async (t) => {
  const { folder } = await interrupted(t, { persistent: true });
  await rm(join(folder, `${segment(2)}.part`));
  t.match(await completeInterruptedStream(folder), { segments: 2, duration: 4 });
  t.match(await playlist(folder), new RegExp(`${segment(1)}\n#EXT-X-ENDLIST\n$`), 'nor any of its tags');
  await check(t, folder, 96);
});

t.test('a listed segment that is missing becomes a gap', async (t) => {
  const { folder } = await interrupted(t, { persistent: true });
  await truncate(join(folder, segment(1)), 0);
  t.match(await completeInterruptedStream(folder), { segments: 2 });
  t.strictSame(await listed(folder), [segment(0), segment(2)]);
  t.match(
    await playlist(folder),
    /#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:.*\n#EXTINF:[\d.]+,\nmuxed_segment_2/,
  );
});

t.test('a stream without any segment is removed', async (t) => {
  const { folder } = await interrupted(t, { persistent: true });
  for (const name of await readdir(folder)) if (name.includes('segment')) await rm(join(folder, name));
  t.match(await completeInterruptedStream(folder), { segments: 0, duration: 0 });
});

t.test('a damaged playlist is an error, and its media stays', async (t) => {
  const { folder } = await interrupted(t, { persistent: true });
  const names = await readdir(folder);
  await truncate(join(folder, media), 0);
  await t.rejects(completeInterruptedStream(folder), { message: 'The playlist lists none.' });
  t.strictSame(await readdir(folder), names, 'its media stays');
});

t.test('other folders and finished streams are not touched', async (t) => {
  const folder = t.testdir({ ended: { [media]: '#EXTM3U\n#EXT-X-ENDLIST\n' }, other: { 'notes.txt.new': 'mine' } });
  for (const name of ['ended', 'other', 'none'])
    t.equal(await completeInterruptedStream(join(folder, name)), undefined);
  t.strictSame(await readdir(join(folder, 'other')), ['notes.txt.new']);
});
