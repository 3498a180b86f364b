import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import t from 'tap';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { eventually } from '../../eventually.ts';
import {
  beepTimes,
  decodedTimes,
  decoderComplaints,
  filesGrow,
  flashTimes,
  mediaLength,
  sought,
  statedDuration,
} from '../../recorded-media.ts';
import { opusScript, videoScript } from '../../scripts.ts';
import { manifestAt } from '../../storage/media-on-disk.ts';
import { account, S3Store } from '../../storage/s3-store.ts';
import { RecordingRoom } from './recording-room.ts';
import { ScriptedComponent } from './scripted-component.ts';

// each second it flashes and beeps
const flash = `drawbox=c=white:t=fill:enable='lt(mod(t\\,1)\\,0.1)'`;
const h264 = await videoScript({ source: `color=black:s=320x180:r=30,${flash}`, duration: 4, frameRate: 30 });
const opus = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.1):s=48000', 4);
const inStep = 45;
const maxLost = 250;
/** Ms that frames come later than the audio that was captured with them. */
const late = 150;

/** Waits until the report names so many files, and there are so many seconds of media in each. @returns their names */
async function reported(folder: string, count: number, seconds = 0.1): Promise<string[]> {
  const named = async () => Object.keys((await readReport(folder))?.tracks ?? {});
  await eventually(`${count} files`, async () => (await named()).length >= count);
  const names = await named();
  for (const name of names)
    await eventually(`${seconds} s in ${name}`, async () => (await mediaLength(join(folder, name))) >= seconds);
  return names;
}

/** Ms between audio and video, of the last three flashes the most: a machine that is held up shows one late now and then. */
async function latestOffset(composite: string): Promise<number> {
  const beeps = await beepTimes(composite);
  const flashes = (await flashTimes(composite)).filter((time) => time < (beeps.at(-1) ?? 0) + 0.5);
  const offsets = flashes.map((time) => Math.min(...beeps.map((beep) => Math.abs(beep - time))) * 1000);
  return offsets.length < 3 ? Number.POSITIVE_INFINITY : Math.max(...offsets.slice(-3));
}

t.test('a recording runs from start to its silent end', async (t) => {
  const room = await RecordingRoom.open(t);
  const publisher = await ScriptedComponent.join(room.world.room);
  const { component } = await room.record();
  t.same(component.source.properties(), { subscribeMode: 'auto' });
  const feeds = await publisher.publish([
    ['h264', h264, late],
    ['opus', opus],
  ]);
  const [folder = ''] = await room.parts();
  t.match(basename(folder), /^part_\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}Z$/);
  await reported(folder, 2);
  t.match(await manifestAt(folder), { state: 'recording', roomId: 'lobby' });
  await reported(folder, 2, 3.3);
  for (const feed of feeds) publisher.unpublish(feed);
  t.notOk(room.world.room.components.has(component.id), 'gone with its last track');
  await component.source.close();
  await room.store.settled();
  t.strictSame(
    room.world.events.map(({ type }) => type),
    ['trackAdded', 'trackAdded', 'trackRemoved', 'trackRemoved'],
    'without a word',
  );

  const report = await readReport(folder);
  const names = Object.keys(report?.tracks ?? {});
  const manifest = await manifestAt(folder);
  t.match(manifest, { state: 'stored', reason: undefined });
  t.strictSame(Object.keys(manifest?.files ?? {}).sort(), [...names, 'report.json'].sort());
  for (const name of names) {
    t.equal(await decoderComplaints(join(folder, name)), '');
    const { time } = await sought(join(folder, name), 2);
    const [first = 0] = await decodedTimes(join(folder, name));
    t.ok(Math.abs(time - first - 2) < 0.5, `${time} s found, ${first + 2} s sought`);
  }
  t.equal(report?.recording_id, 'lobby');
  const track = (type: string) => join(folder, names.find((name) => report?.tracks[name]?.type === type) ?? '');
  t.match(Object.values(report?.tracks ?? {}), [{ origin: publisher.id, metadata: null }, { origin: publisher.id }]);
  const beeps = await beepTimes(track('audio'));
  // until then the first frames, whose time was that of their arrival, have got the right one
  const [begin = 0] = await decodedTimes(track('video'));
  const flashes = (await flashTimes(track('video'))).filter((time) => time > begin + 1.5);
  t.ok(flashes.length >= 2);
  const offsets = flashes.map((time) => Math.min(...beeps.map((beep) => Math.abs(beep - time))) * 1000);
  t.same(
    offsets.filter((offset) => !(offset <= inStep)),
    [],
    `in step: ${offsets} ms`,
  );
});

t.test('a manual recording has only the subscribed endpoints', async (t) => {
  const room = await RecordingRoom.open(t);
  const chosen = await ScriptedComponent.join(room.world.room);
  const other = await ScriptedComponent.join(room.world.room);
  const { component, recording } = await room.record({ subscribeMode: 'manual' });
  const [folder = ''] = await room.parts();
  await other.publish([['opus', opus]]);
  await chosen.publish([['opus', opus]]);
  recording.subscribe([chosen.id, 'nobody']);
  await reported(folder, 1);
  await chosen.publish([['h264', h264]]);
  await reported(folder, 2);
  await room.end(component);
  const report = await readReport(folder);
  t.strictSame(
    Object.values(report?.tracks ?? {}).map(({ origin }) => origin),
    [chosen.id, chosen.id],
  );
});

t.test('a recording without media leaves nothing', async (t) => {
  const room = await RecordingRoom.open(t);
  const { component } = await room.record();
  const [folder = ''] = await room.parts();
  await room.end(component);
  t.strictSame(await readdir(folder), [], 'no report');
});

t.test('the credentials of the request are used for the upload', async (t) => {
  const s3 = await S3Store.open(t);
  const credentials = account;
  const room = await RecordingRoom.open(t, {}, { openBucket: s3.opener() });
  const publisher = await ScriptedComponent.join(room.world.room);
  await publisher.publish([['opus', opus]]);
  for (const pathPrefix of ['archive/2024', null]) {
    const { component } = await room.record({ credentials, pathPrefix });
    t.notMatch(JSON.stringify(component.source.properties()), credentials.secretAccessKey);
    const folder = (await room.parts()).at(-1) ?? '';
    await reported(folder, 1);
    await room.end(component);
  }
  const keys = await s3.keys();
  const parts = await room.parts();
  t.equal(keys.length, 4);
  for (const [index, folder] of parts.entries()) {
    t.match(await manifestAt(folder), { state: 'uploaded' });
    t.notMatch(await readFile(join(folder, 'manifest.json'), 'utf8'), credentials.secretAccessKey);
    const prefix = index === 0 ? 'archive/2024/' : '';
    const [name = ''] = Object.keys((await readReport(folder))?.tracks ?? {});
    const key = `${prefix}lobby/${basename(folder)}/${name}`;
    t.ok(keys.includes(key), key);
    t.same(await s3.read(key), await readFile(join(folder, name)));
  }
});

t.test('ended tracks are uploaded while others continue', async (t) => {
  const s3 = await S3Store.open(t);
  const room = await RecordingRoom.open(t, { hasAccount: true }, { account, openBucket: s3.opener() });
  const publisher = await ScriptedComponent.join(room.world.room);
  const [first] = await publisher.publish([
    ['opus', opus],
    ['opus', opus],
  ]);
  const { component } = await room.record();
  const [folder = ''] = await room.parts();
  await reported(folder, 2);
  if (first) publisher.unpublish(first);
  await eventually('one file in the store', async () => (await s3.keys()).length === 1);
  t.ok(room.world.room.components.has(component.id));
  t.match(await manifestAt(folder), { state: 'recording' });
  await room.end(component);
  const names = Object.keys((await readReport(folder))?.tracks ?? {});
  t.same((await s3.keys()).map((key) => basename(key)).sort(), [...names, 'report.json'].sort());
  for (const key of await s3.keys()) t.same(await s3.read(key), await readFile(join(folder, basename(key))));
});

t.test('a killed track recorder is replaced', async (t) => {
  const room = await RecordingRoom.open(t);
  const publisher = await ScriptedComponent.join(room.world.room);
  await publisher.publish([
    ['h264', h264],
    ['opus', opus],
  ]);
  const { component } = await room.record();
  const [folder = ''] = await room.parts();
  const first = await reported(folder, 2, 1.2);
  const { startedAt = 0 } = (await manifestAt(folder)) ?? {};
  await filesGrow(first.map((name) => join(folder, name)));
  const killedAt = monotonicClock.now() - startedAt;
  process.kill(room.trackRecorders.pids[0] ?? 0, 'SIGKILL');
  const names = await reported(folder, 4);
  await room.end(component);
  const report = await readReport(folder);
  t.strictSame(Object.keys(report?.tracks ?? {}).sort(), [...names].sort());
  for (const kind of ['audio', 'video']) {
    const own = names.filter((name) => report?.tracks[name]?.type === kind);
    const spans = (await Promise.all(own.map((name) => decodedTimes(join(folder, name))))).sort(
      ([a = 0], [b = 0]) => a - b,
    );
    const lost = killedAt - (spans[0]?.at(-1) ?? 0) * 1000;
    t.ok(lost <= maxLost, `${kind}: ${lost} ms lost`);
    t.ok((spans[1]?.[0] ?? 0) * 1000 > killedAt, 'goes on in another file, on the same clock');
  }
  for (const name of names) {
    const [stated, last = 0] = [
      await statedDuration(join(folder, name)),
      (await decodedTimes(join(folder, name))).at(-1),
    ];
    t.ok(stated > last && stated < last + 0.2, `${stated} s stated, ${last} s decoded`);
  }
});

t.test('a nearly full disk ends the recording', async (t) => {
  let free = 1000;
  const room = await RecordingRoom.open(t, {}, { minFree: 500, readFreeSpace: async () => free });
  const publisher = await ScriptedComponent.join(room.world.room);
  await publisher.publish([['opus', opus]]);
  const { component } = await room.record();
  const [folder = ''] = await room.parts();
  await reported(folder, 1);
  free = 100;
  t.match(await room.world.event('componentCrashed'), { componentId: component.id });
  await component.source.close();
  await room.store.settled();
  t.match(await manifestAt(folder), { state: 'stored' }, 'what there is, is complete');
  const { component: next } = await room.record();
  t.notOk(room.world.room.components.has(next.id), 'nor does another one begin');
  t.equal((await room.parts()).length, 1);
});

t.test('the end of the room finishes the recording', async (t) => {
  const room = await RecordingRoom.open(t);
  const publisher = await ScriptedComponent.join(room.world.room);
  await publisher.publish([['opus', opus]]);
  await room.record();
  const [folder = ''] = await room.parts();
  await reported(folder, 1);
  const closed = once(room.world.room.changes, 'closed');
  await room.world.registry.close();
  await closed;
  await room.store.settled();
  t.match(await manifestAt(folder), { state: 'stored' });
  await t.rejects(room.record(), { code: 'roomNotFound' });
});

t.test('the room is recorded as a composite', async (t) => {
  const room = await RecordingRoom.open(t);
  const publisher = await ScriptedComponent.join(room.world.room);
  await publisher.publish([
    ['h264', h264, late],
    ['opus', opus],
  ]);
  const { component } = await room.record({ composed: true });
  const [folder = ''] = await room.parts();
  await reported(folder, 2);
  const part = join(folder, 'room.mp4.part');
  const copy = join(folder, '..', 'copy.mp4');
  await eventually('a composite that can be read while it grows, in step', async () => {
    await copyFile(part, copy);
    return (await mediaLength(copy)) > 3.3 && (await latestOffset(copy)) <= inStep;
  });
  await room.end(component);

  const composite = join(folder, 'room.mp4');
  t.match(await manifestAt(folder), { state: 'stored', files: { 'room.mp4': { size: Number } } });
  t.notOk(existsSync(part));
  t.equal(await decoderComplaints(composite), '');
  const bytes = await readFile(composite);
  t.ok(bytes.indexOf('moov') < bytes.indexOf('mdat'), 'plays from its first bytes');
});
