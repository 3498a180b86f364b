// What becomes of the files of sessions: the storage of all recordings looks after them, too.
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { MediaStoreOptions } from '../../src/storage/media-store.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { manifestsIn } from '../storage/media-on-disk.ts';
import { account, S3Store } from '../storage/s3-store.ts';
import { SmallDisk } from '../storage/small-disk.ts';
import { RunningJibri, startBody } from './running-jibri.ts';

const day = 24 * 60 * 60 * 1000;

/** Text of a finalize script that notes its runs beside the directories. */
const noting = '#!/bin/sh\necho "$1" >> "$1/../finalized"\n';

interface Surroundings {
  readonly options?: Partial<MediaStoreOptions>;
  readonly script?: string;
  readonly slots?: number;
  /** What lies in the folder of recordings already. */
  readonly fill?: (recordings: string) => Promise<void>;
}

async function open(t: Test, { options = {}, script = noting, slots = 1, fill }: Surroundings = {}) {
  const root = t.testdir({ recordings: {}, 'finalize.sh': script });
  const recordings = join(root, 'recordings');
  await chmod(join(root, 'finalize.sh'), 0o755);
  await fill?.(recordings);
  const variables = {
    JIBRI_RECORDING_DIR: recordings,
    JIBRI_SLOTS: String(slots),
    JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: join(root, 'finalize.sh'),
  };
  const jibri = await RunningJibri.start(t, variables, { storage: options });
  const { store, log } = jibri;
  /** Of the sessions in a directory. */
  const manifests = async (directory: string) =>
    (await manifestsIn(join(recordings, '.sessions'))).filter(({ folder }) => folder === directory);
  return { store, jibri, recordings, log, manifests };
}

/** A whole session; resolves when its files are the store's. */
async function record(jibri: RunningJibri, sessionId: string): Promise<void> {
  const count = jibri.outputs.length;
  await jibri.start({ sessionId });
  await jibri.output(count);
  jibri.play();
  await jibri.stop();
}

t.test('files are uploaded and verified, those of a repeated session, too', async (t) => {
  const s3 = await S3Store.open(t);
  const { jibri, recordings, manifests } = await open(t, { options: { account, openBucket: s3.opener() } });
  const areUploaded = async (name: string, count: number) => {
    const states = (await manifests(name)).map(({ state }) => state);
    return states.length === count && states.every((state) => state === 'uploaded');
  };
  await record(jibri, 'one');
  const directory = join(recordings, 'one');
  await eventually('uploaded', () => areUploaded('one', 1));
  t.same(
    (await readdir(directory)).filter((name) => name.includes('manifest')),
    [],
    'nothing of ours lies there',
  );
  const keys = await s3.keys();
  t.match(keys, [/^p\/recordings\/one\/metadata\.json$/, /^p\/recordings\/one\/standup_[\d-]+\.mp4$/]);
  for (const key of keys) t.same(await s3.read(key), await readFile(join(directory, key.split('/').at(-1) ?? '')));
  s3.mood = 'gone';
  const trouble = s3.trouble();
  await record(jibri, 'one');
  await trouble;
  await record(jibri, 'two');
  s3.mood = 'fine';
  await eventually('both uploaded', () => areUploaded('two', 1));
  await eventually('all uploaded', () => areUploaded('one', 2));
  const finalized = (await readFile(join(recordings, 'finalized'), 'utf8')).trim().split('\n');
  t.equal(finalized.length, 3, 'each was finalised once');
});

t.test('files that the finalize script has removed are not an error', async (t) => {
  const { jibri, store, recordings, log } = await open(t, { script: '#!/bin/sh\nrm -r "$1"\n' });
  await record(jibri, 'gone');
  await store.settled();
  t.strictSame(await readdir(recordings), ['.sessions']);
  t.strictSame(
    log.filter((line) => /"level":(40|50)/.test(line)),
    [],
  );
});

t.test('what is kept of a request is not larger than the request, however deep its metadata is', async (t) => {
  const { jibri, recordings, store } = await open(t);
  const depth = 990;
  const deep = JSON.parse(`${'['.repeat(depth)}${'1,'.repeat(10_000)}1${']'.repeat(depth)}`);
  const serviceParams = { appData: { file_recording_metadata: { deep } } };
  const { length } = JSON.stringify(serviceParams);
  t.match(await jibri.start({ sessionId: 'deep', serviceParams }), { status: 200 });
  await jibri.output();
  const [name = ''] = (await readdir(join(recordings, '.sessions'))).filter((each) => each.endsWith('.json'));
  t.ok((await stat(join(recordings, '.sessions', name))).size < length + 2000);
  jibri.play();
  await jibri.stop();
  await eventually('finished', async () => (await readdir(join(recordings, 'deep'))).includes('metadata.json'));
  t.same(JSON.parse(await readFile(join(recordings, 'deep', 'metadata.json'), 'utf8')).deep, deep);
  await store.settled();
});

t.test('retention removes old sessions, not running ones', async (t) => {
  const clock = new HeldClock(Date.now());
  const { jibri, store, recordings, manifests } = await open(t, { options: { clock, retention: { age: day } } });
  await mkdir(join(recordings, 'of somebody else'));
  await record(jibri, 'old');
  await eventually('stored', async () => (await manifests('old'))[0]?.state === 'stored');
  await store.settled();
  await record(jibri, 'again');
  await eventually('stored again', async () => (await manifests('again'))[0]?.state === 'stored');
  await store.settled();
  await jibri.start({ sessionId: 'again' });
  await jibri.output(2);
  clock.advance(day);
  await eventually('too old', async () => {
    clock.advance(600_000);
    return !(await readdir(recordings)).includes('old');
  });
  t.ok((await readdir(recordings)).includes('again'));
  t.ok((await readdir(recordings)).includes('of somebody else'));
});

t.test('a session that a crash has cut off is finished', async (t) => {
  const metadata = { meeting_url: 'https://m/standup', participants: [] };
  const entry = (directory: string, finalized: boolean) => ({
    ...{ directory, file: `${directory}.mp4`, roomId: 'standup', startedAt: 5, finalized, metadata },
  });
  const entries = {
    cut: entry('cut', false),
    done: entry('done', true),
    empty: entry('empty', false),
    living: entry('living', false),
    evil: { ...entry('evil', false), directory: '../evil' },
  };
  const fill = async (recordings: string) => {
    const long = new Date(Date.now() - 120_000);
    await mkdir(join(recordings, '.sessions'));
    for (const [name, each] of Object.entries(entries)) {
      const journal = join(recordings, '.sessions', `${name}.json`);
      await writeFile(journal, JSON.stringify(each));
      if (name !== 'living') await utimes(journal, long, long);
      await mkdir(join(recordings, name));
      if (name !== 'empty') await writeFile(join(recordings, name, `${name}.mp4`), 'pictures');
    }
    await mkdir(join(recordings, 'empty', '.recording-x'));
    await utimes(join(recordings, 'empty', '.recording-x'), long, long);
  };
  const { recordings, log, manifests } = await open(t, { fill });
  for (const name of ['cut', 'done'])
    await eventually(`${name} is completed`, async () => (await manifests(name))[0]?.state === 'stored');
  await eventually('nothing was recorded', async () => !(await readdir(recordings)).includes('empty'));
  const journals = (await readdir(join(recordings, '.sessions'))).filter((name) => name.endsWith('.json')).sort();
  t.strictSame(journals, ['cut.json', 'done.json', 'evil.json', 'living.json']);
  t.same(JSON.parse(await readFile(join(recordings, 'cut', 'metadata.json'), 'utf8')), metadata);
  t.match(await manifests('cut'), [{ state: 'stored', roomId: 'standup', startedAt: 5 }]);
  const finalized = await readFile(join(recordings, 'finalized'), 'utf8');
  t.equal(finalized, `${join(recordings, 'cut')}\n`, 'one that was finalised is not so again');
  t.strictSame(await readdir(join(recordings, 'living')), ['living.mp4'], 'another server is at it');
  t.strictSame(
    log.filter((line) => /"level":50/.test(line)),
    [],
  );
});

t.test('a finalize script that the end of the server cuts off is run by the next one', async (t) => {
  const { jibri, recordings, manifests } = await open(t, {
    script: '#!/bin/sh\ntouch "$1/../begun"\nexec sleep 1000\n',
  });
  await jibri.start();
  await jibri.output();
  jibri.play();
  const stop = jibri.stop();
  await eventually('the script begins', async () => (await stat(join(recordings, 'begun'))).isFile());
  await jibri.recorders.close();
  t.match(await stop, { status: 200 });
  await jibri.store.close();
  const details = { finalized: false, metadata: { participants: [] } };
  t.match(await manifests('session-1'), [{ state: 'finalising', owner: undefined, details }]);
});

t.test('a finalize script runs once, also when the disk does not take that it has', async (t) => {
  const disk = await SmallDisk.open(t, 1024 * 1024);
  if (!disk.isReal) return t.pass('nobody may mount a disk here');
  const root = t.testdir({});
  const script = `#!/bin/sh\necho run >> ${root}/runs\ncat /dev/zero > "$1/../ballast"\nexit 0\n`;
  await writeFile(join(root, 'finalize.sh'), script, { mode: 0o755 });
  const clock = new HeldClock(Date.now());
  const variables = {
    JIBRI_RECORDING_DIR: disk.path,
    JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: join(root, 'finalize.sh'),
  };
  const jibri = await RunningJibri.start(t, variables, { storage: { clock } });
  await record(jibri, 'full');
  const failures = () => jibri.log.filter((line) => line.includes('it is tried again')).length;
  for (let count = 1; count <= 2; count += 1) {
    await eventually('it failed', () => failures() === count);
    clock.advance(2000 * count);
  }
  await eventually('it failed again', () => failures() === 3);
  await disk.clear();
  clock.advance(8000);
  const state = async () => (await manifestsIn(join(disk.path, '.sessions')))[0]?.state;
  await eventually('stored', async () => (await state()) === 'stored');
  t.equal(await readFile(join(root, 'runs'), 'utf8'), 'run\n');
});

t.test('a session without media takes nothing away that was there before', async (t) => {
  const before = ['a_2026-01-01-00-00-00.webm', 'metadata.json', 'notes.txt', 'sub'];
  const fill = async (recordings: string) => {
    await mkdir(join(recordings, 'used', 'sub'), { recursive: true });
    for (const name of ['a_2026-01-01-00-00-00.webm', 'metadata.json', 'notes.txt', 'sub/x.mp4'])
      await writeFile(join(recordings, 'used', name), name);
  };
  const { jibri, recordings } = await open(t, { fill });
  await jibri.start({ sessionId: 'used' });
  await jibri.media.output();
  await jibri.stop();
  t.strictSame((await readdir(join(recordings, 'used'))).sort(), before);
  t.equal(await readFile(join(recordings, 'used', 'metadata.json'), 'utf8'), 'metadata.json');
  t.strictSame(await readdir(join(recordings, 'used', 'sub')), ['x.mp4']);
});

t.test('a session with the id of one that a kill has cut off leaves it its file', async (t) => {
  const manifest = { version: 2, kind: 'session', state: 'recording', roomId: 'standup', startedAt: 5, files: {} };
  const fill = async (recordings: string) => {
    for (const name of ['.sessions', 'same']) await mkdir(join(recordings, name));
    await writeFile(join(recordings, 'same', 'cut.mp4.part'), 'fragments');
    const details = { folder: 'same', details: { file: 'cut.mp4' } };
    await writeFile(join(recordings, '.sessions', 'cut.json'), JSON.stringify({ ...manifest, ...details }));
  };
  const { jibri, recordings, manifests } = await open(t, { fill });
  await jibri.start({ sessionId: 'same' });
  await jibri.media.output();
  await jibri.stop();
  await eventually('completed', async () => (await manifests('same'))[0]?.state === 'stored');
  t.strictSame((await readdir(join(recordings, 'same'))).sort(), ['cut.mp4', 'metadata.json']);
  t.equal(await readFile(join(recordings, 'same', 'cut.mp4'), 'utf8'), 'fragments');
  await jibri.store.settled();
});

t.test('files of earlier sessions whose names begin alike are not taken for further ones of a session', async (t) => {
  const now = new Date(2026, 0, 2, 3, 4, 5).getTime();
  const earlier = 'standup_2026-01-02-03-04-05-2.mp4';
  const recordings = t.testdir({
    same: { [earlier]: 'earlier', [`${earlier.replace('-2.', '-3.')}.part`]: 'earlier' },
  });
  const clock = new HeldClock(now);
  const jibri = await RunningJibri.start(t, { JIBRI_RECORDING_DIR: recordings }, { clock });
  await jibri.start({ sessionId: 'same' });
  t.match((await jibri.media.output()).path, /standup_2026-01-02-03-04-05\.mp4$/);
  await jibri.stop();
  await jibri.store.settled();
  const names = (await readdir(join(recordings, 'same'))).sort();
  t.strictSame(names, [earlier, `${earlier.replace('-2.', '-3.')}.part`]);
});

t.test('of two sessions with one id the one without media leaves the other its directory', async (t) => {
  const { jibri, recordings } = await open(t, { slots: 2 });
  const [, second] = jibri.ports;
  await jibri.start({ sessionId: 'same' });
  await jibri.media.output(0);
  await jibri.ask('POST', 'startService', startBody({ sessionId: 'same' }), { port: second });
  const { path } = await jibri.media.output(1);
  await jibri.ask('POST', 'stopService', '', { port: second });
  t.strictSame(await readdir(join(recordings, 'same')), [], 'the other one is about to write there');
  jibri.media.play();
  await jibri.stop();
  const names = (await readdir(join(recordings, 'same'))).sort();
  t.match(names, ['metadata.json', /^standup_[\d-]+\.mp4$/]);
  t.notOk(path?.endsWith(names[1] ?? ''), 'each has a name of its own');
  await jibri.store.settled();
});
