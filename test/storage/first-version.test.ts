// What the first version (1049be1) leaves on the disk when it is killed is found, completed and uploaded. The texts in the fixture were
// written by running it; the media is what its writers, which are still the same, leave behind under its marks for unfinished files.
import { cp, mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { HlsMedia } from '../../src/component/hls/hls-media.ts';
import { RecordingMedia } from '../../src/component/recording/recording-media.ts';
import { writeReport } from '../../src/component/recording/recording-report.ts';
import { OutputMedia } from '../../src/output/output-media.ts';
import { ProgramFile } from '../../src/output/program-file.ts';
import { SessionMedia } from '../../src/recorder/session-media.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { manifestName } from '../../src/storage/media-manifest.ts';
import { MediaStore } from '../../src/storage/media-store.ts';
import { Sealer } from '../../src/storage/sealed-text.ts';
import { MatroskaFile } from '../../workers/track-recorder/matroska-file.ts';
import { opusFormat } from '../../workers/track-recorder/track-format.ts';
import { RunningStream, wallClock } from '../component/hls/running-stream.ts';
import { eventually } from '../eventually.ts';
import { programSource, write } from '../program/program-source.ts';
import { decodedTimes } from '../recorded-media.ts';
import { manifestAt, manifestsIn } from './media-on-disk.ts';
import { S3Store } from './s3-store.ts';

const texts = JSON.parse(await readFile(new URL('../fixtures/first-version.json', import.meta.url), 'utf8'));
const logger = pino({ enabled: false });
const settings = { width: 320, height: 180, frameRate: 30, audioChannels: 1 } as const;
const source = await programSource({ seconds: 2, frameRate: 24 });
const playlist = 'g2QABXZpZGVv.m3u8';
const fileName = 'standup_2026-01-02-03-04-05.mp4';

async function open(t: Test, base: string, s3: S3Store) {
  const events = new RoomEvents();
  const heard: string[] = [];
  events.subscribe(({ type }) => void heard.push(type));
  const finished: unknown[][] = [];
  const run = async (...step: unknown[]) => finished.push(step) > 0;
  const shared = { clock: systemClock, logger };
  const store = await MediaStore.open({
    kinds: [
      new RecordingMedia({ root: join(base, 'raw_recordings'), settings, ...shared }),
      new OutputMedia(join(base, 'outputs'), logger),
      new HlsMedia(base, events, logger),
      new SessionMedia({ recordings: join(base, 'sessions'), steps: { run }, upload: undefined, ...shared }),
    ],
    ...{ sealer: new Sealer('a'.repeat(32), 'upload credentials'), openBucket: s3.opener(), retention: {}, minFree: 0 },
    ...{ isLive: () => false, ...shared },
  });
  t.teardown(() => store.close());
  return { store, heard, finished };
}

/** Fragments as they were written until the end came. */
async function fragments(folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await write(source, new ProgramFile({ folder, name, onFailure: t.fail }));
}

async function stream(folder: string): Promise<void> {
  const running = await RunningStream.open(`${folder}-live`, { persistent: true });
  running.packager.format(source.format, { wallClock });
  for (const sample of source.samples) running.packager.sample(sample);
  await running.folder.settle();
  await mkdir(join(folder, '..'), { recursive: true });
  await cp(`${folder}-live`, folder, { recursive: true });
  await running.end();
  for (const name of await readdir(folder)) {
    if (name.endsWith('.part')) await rename(join(folder, name), join(folder, name.replace('.part', '.new')));
  }
}

t.test('recordings and outputs of the first version are taken over', async (t) => {
  const base = t.testdir();
  const s3 = await S3Store.open(t);
  const recording = join(base, 'raw_recordings', 'room', 'part_1');
  await fragments(recording, 'room');
  await writeFile(join(recording, manifestName), texts.recording);
  await writeFile(join(recording, 'report.json.tmp'), '{"half');
  const track = new MatroskaFile({ path: join(recording, 'a.mkv'), format: opusFormat, onFailure: t.fail });
  for (let time = 0; time < 1000; time += 20) track.add({ data: Buffer.alloc(50, 0xfc), key: true, time });
  await track.close();
  const opus = {
    type: 'audio',
    encoding: 'OPUS',
    offset: 0,
    clock_rate: 48_000,
    metadata: null,
    origin: 'peer',
  } as const;
  const described = { ...opus, start_timestamp: 0, end_timestamp: 0 };
  await writeReport(recording, { recording_id: 'room', tracks: { 'a.mkv': described } });
  const output = join(base, 'outputs', 'room', 'now');
  await fragments(output, 'room');
  const frames = (await decodedTimes(join(output, 'room.mp4.part'))).length;
  await writeFile(join(output, manifestName), texts.output);
  await writeFile(join(output, 'room.mp4.tmp'), 'half of it');

  const { store } = await open(t, base, s3);
  await store.settled();
  t.match(await manifestAt(recording), { version: 2, state: 'uploaded', details: { composed: true } });
  const keys = ['a.mkv', 'report.json', 'room.mp4'].map((name) => `p/room/part_1/${name}`);
  t.strictSame(await s3.keys(), keys, 'with the credentials of the request');
  for (const key of keys) t.ok((await s3.read(key)).equals(await readFile(join(base, 'raw_recordings', key.slice(2)))));
  t.match(await manifestAt(output), { version: 2, state: 'stored', files: { 'room.mp4': { uploaded: false } } });
  for (const folder of [recording, output]) {
    t.equal((await decodedTimes(join(folder, 'room.mp4'))).length, frames, 'all of it');
  }
});

t.test('streams of the first version are taken over', async (t) => {
  const base = t.testdir({ hls_uploads: { 'room_1970-01-01T00-00-00-000Z.json': texts.note } });
  const s3 = await S3Store.open(t);
  await stream(join(base, 'temporary_hls', 'room'));
  await stream(join(base, 'recordings', 'kept'));
  const { store, heard } = await open(t, base, s3);
  const kept = join(base, 'recordings', 'kept');
  t.match(await readFile(join(kept, playlist), 'utf8'), /m4s\n#EXT-X-ENDLIST\n$/, 'before the server listens');
  t.notOk((await readdir(kept)).some((name) => name.endsWith('.new')));
  await store.settled();
  t.strictSame(heard, ['hlsUploaded']);
  t.match((await s3.read(`room/${playlist}`)).toString(), /m4s\n#EXT-X-ENDLIST\n$/);
  t.notOk((await readdir(join(base, 'temporary_hls'))).includes('room'));
  t.strictSame(await readdir(join(base, 'hls_uploads')), []);
});

t.test('a stream of the first version that was moved aside is uploaded', async (t) => {
  const name = 'room_1970-01-01T00-00-00-000Z';
  const newer = { recordings: { room: { 'index.m3u8': 'newer' } } };
  const base = t.testdir({
    hls_uploads: { [`${name}.json`]: texts.note, [name]: { 'index.m3u8': 'older' } },
    ...newer,
  });
  const s3 = await S3Store.open(t);
  const { store } = await open(t, base, s3);
  await store.settled();
  t.strictSame(await s3.keys(), [`${name}/index.m3u8`]);
  t.strictSame(await readdir(join(base, 'hls_uploads')), []);
  t.strictSame(await readdir(join(base, 'recordings')), ['room']);
});

t.test('sessions of the first version are taken over', async (t) => {
  const handed = { [manifestName]: texts.handedOver, 'metadata.json': '{}', [fileName]: 'moving pictures' };
  const torn = { 'torn.json': '{"directory":', 'evil.json': texts.journal.replace('"cut"', '"../cut"') };
  const base = t.testdir({
    sessions: { '.sessions': { 'x.json': texts.journal, ...torn }, handed, cut: {}, busy: {} },
  });
  const sessions = join(base, 'sessions');
  const working = join(sessions, 'cut', '.recording-x');
  await fragments(working, fileName.slice(0, -4));
  await cp(working, join(sessions, 'orphan', '.recording-y'), { recursive: true });
  await cp(working, join(sessions, 'busy', '.recording-z'), { recursive: true });
  const long = new Date(Date.now() - 120_000);
  for (const path of [working, join(sessions, 'orphan', '.recording-y')])
    for (const name of await readdir(path)) await utimes(join(path, name), long, long);
  await utimes(join(sessions, '.sessions', 'x.json'), long, long);

  const { store, finished } = await open(t, base, await S3Store.open(t));
  await store.settled();
  t.strictSame(await readdir(join(sessions, 'cut')), [fileName]);
  t.ok((await decodedTimes(join(sessions, 'cut', fileName))).length > 40);
  const metadata = { meeting_url: 'https://m/standup', participants: [] };
  t.strictSame(finished, [[join(sessions, 'cut'), metadata]]);
  t.strictSame(await readdir(join(sessions, 'orphan')), [fileName]);
  t.strictSame(await readdir(join(sessions, 'busy')), ['.recording-z'], 'somebody may be writing');
  t.strictSame((await readdir(join(sessions, 'handed'))).sort(), ['metadata.json', fileName].sort(), 'nothing of ours');
  await eventually('all are known', async () => (await manifestsIn(join(sessions, '.sessions'))).length === 3);
  for (const manifest of await manifestsIn(join(sessions, '.sessions')))
    t.match(manifest, { version: 2, state: 'stored' });
});
