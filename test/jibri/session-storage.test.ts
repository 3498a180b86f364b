// What becomes of the files of sessions: the storage of all recordings looks after them, too.
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { readManifest } from '../../src/storage/media-manifest.ts';
import { MediaStore, type MediaStoreOptions } from '../../src/storage/media-store.ts';
import { Sealer } from '../../src/storage/sealed-text.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { account, S3Store } from '../storage/s3-store.ts';
import { RunningJibri } from './running-jibri.ts';

const day = 24 * 60 * 60 * 1000;

/** Text of a finalize script that notes its runs beside the directories. */
const noting = '#!/bin/sh\necho "$1" >> "$1/../finalized"\n';

interface Surroundings {
  readonly options?: Partial<MediaStoreOptions>;
  readonly script?: string;
  /** What lies in the folder of recordings already. */
  readonly fill?: (recordings: string) => Promise<void>;
}

async function open(t: Test, { options = {}, script = noting, fill }: Surroundings = {}) {
  const root = t.testdir({ recordings: {}, 'finalize.sh': script });
  const recordings = join(root, 'recordings');
  await chmod(join(root, 'finalize.sh'), 0o755);
  await fill?.(recordings);
  const log: string[] = [];
  const store = await MediaStore.open({
    ...{ folder: join(root, 'raw'), others: [recordings], retention: {}, leastFree: 0, isLive: () => false },
    ...{ sealer: new Sealer('a'.repeat(32), 'test'), clock: systemClock },
    openBucket: () => {
      throw new Error('There is no bucket.');
    },
    logger: pino({}, { write: (line) => void log.push(line) }),
    ...options,
  });
  const upload = options.account && { prefix: 'p' };
  const variables = {
    JIBRI_RECORDING_DIR: recordings,
    JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: join(root, 'finalize.sh'),
  };
  const jibri = await RunningJibri.start(t, variables, { storage: { store, upload } });
  t.teardown(() => store.close());
  return { store, jibri, recordings, log };
}

/** A whole session; resolves when its files are the store's. */
async function record(jibri: RunningJibri, sessionId: string): Promise<void> {
  const count = jibri.outputs.length;
  await jibri.start({ sessionId });
  await jibri.output(count);
  jibri.play();
  await jibri.stop();
}

t.test('they are uploaded and verified, those of a repeated session as well', async (t) => {
  const s3 = await S3Store.open(t);
  const { jibri, recordings } = await open(t, { options: { account, openBucket: s3.opener() } });
  await record(jibri, 'one');
  const directory = join(recordings, 'one');
  await eventually('uploaded', async () => (await readManifest(directory))?.state === 'uploaded');
  const keys = await s3.keys();
  t.match(keys, [/^p\/recordings\/one\/metadata\.json$/, /^p\/recordings\/one\/standup_[\d-]+\.mp4$/]);
  for (const key of keys) t.same(await s3.read(key), await readFile(join(directory, key.split('/').at(-1) ?? '')));
  s3.mood = 'gone';
  const trouble = s3.trouble();
  await record(jibri, 'one');
  await trouble;
  await record(jibri, 'two');
  s3.mood = 'fine';
  const files = async (name: string) => Object.values((await readManifest(join(recordings, name)))?.files ?? {});
  await eventually(
    'both uploaded',
    async () => (await files('two')).length === 2 && (await files('two')).every(({ uploaded }) => uploaded),
  );
  await eventually('all uploaded', async () => (await readManifest(directory))?.state === 'uploaded');
  const finalized = (await readFile(join(recordings, 'finalized'), 'utf8')).trim().split('\n');
  t.equal(finalized.length, 3, 'each was finalised once');
});

t.test('what the finalize script has taken away is no trouble', async (t) => {
  const { jibri, store, recordings, log } = await open(t, { script: '#!/bin/sh\nrm -r "$1"\n' });
  await record(jibri, 'gone');
  await store.settled();
  t.strictSame(await readdir(recordings), ['.sessions']);
  t.strictSame(
    log.filter((line) => /"level":(40|50)/.test(line)),
    [],
  );
});

t.test('retention comes for old ones, not for one that goes on', async (t) => {
  const clock = new HeldClock(Date.now());
  const { jibri, store, recordings } = await open(t, { options: { clock, retention: { age: day } } });
  await mkdir(join(recordings, 'of somebody else'));
  await record(jibri, 'old');
  await eventually('stored', async () => (await readManifest(join(recordings, 'old')))?.state === 'stored');
  await store.settled();
  await record(jibri, 'again');
  await eventually('stored again', async () => (await readManifest(join(recordings, 'again')))?.state === 'stored');
  await store.settled();
  await jibri.start({ sessionId: 'again' });
  await jibri.output(2);
  clock.advance(day + 600_000);
  await eventually('too old', async () => !(await readdir(recordings)).includes('old'));
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
  const { store, recordings, log } = await open(t, { fill });
  const journals = async () => (await readdir(join(recordings, '.sessions'))).sort().join();
  await eventually('the rest is completed', async () => (await journals()) === 'evil.json,living.json');
  await store.settled();
  t.same(JSON.parse(await readFile(join(recordings, 'cut', 'metadata.json'), 'utf8')), metadata);
  t.match(await readManifest(join(recordings, 'cut')), { state: 'stored', roomId: 'standup', startedAt: 5 });
  const finalized = await readFile(join(recordings, 'finalized'), 'utf8');
  t.equal(finalized, `${join(recordings, 'cut')}\n`, 'one that was finalised is not so again');
  t.match(await readManifest(join(recordings, 'done')), { state: 'stored' });
  t.notOk((await readdir(recordings)).includes('empty'), 'nothing was recorded');
  t.strictSame(await readdir(join(recordings, 'living')), ['living.mp4'], 'another server is at it');
  t.strictSame(
    log.filter((line) => /"level":50/.test(line)),
    [],
  );
});

t.test('a finalize script that the end of the server cuts off is left to the next one', async (t) => {
  const { jibri, recordings } = await open(t, { script: '#!/bin/sh\ntouch "$1/../begun"\nexec sleep 1000\n' });
  await jibri.start();
  await jibri.output();
  jibri.play();
  const stop = jibri.stop();
  await eventually('the script begins', async () => (await stat(join(recordings, 'begun'))).isFile());
  await jibri.recorders.close();
  t.match(await stop, { status: 200 });
  const [name = ''] = await readdir(join(recordings, '.sessions'));
  const left = JSON.parse(await readFile(join(recordings, '.sessions', name), 'utf8'));
  t.match(left, { directory: 'session-1', finalized: false, metadata: { participants: [] } });
});
