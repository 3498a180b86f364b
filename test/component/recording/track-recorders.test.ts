import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock as clock } from '../../../src/clock/clock.ts';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import { TrackRecorders } from '../../../src/component/recording/track-recorders.ts';
import type { RtpFeed } from '../../../src/sfu/rtp-feed.ts';
import { eventually } from '../../eventually.ts';
import { decoderComplaints, packetTimes, statedDuration } from '../../recorded-media.ts';
import { opusScript } from '../../scripts.ts';
import { RoomOnWorker } from '../../sfu/room-on-worker.ts';
import { ScriptedComponent } from './scripted-component.ts';

const opus = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t):s=48000', 2);

/** A room on a media worker, and how to record it. */
async function open(t: Test) {
  const world = await RoomOnWorker.open();
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line)) });
  const recorders = new TrackRecorders({ logger, clock });
  t.teardown(async () => {
    await recorders.close();
    await world.close();
  });
  const publisher = await ScriptedComponent.join(world.room);
  /** Begins a recording with a folder of its own. */
  const record = async (recordingId: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-raw-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const { media } = world.room;
    const own = logger.child({ roomId: recordingId });
    const room = recorders.open({ media, folder, recordingId, startedAt: Date.now(), logger: own });
    const add = ({ publication }: RtpFeed, metadata: string) =>
      room.add({ trackId: publication.trackId, kind: 'audio', origin: 'peer', metadata, offset: 0 });
    /** Paths of the files with media. */
    const files = async () => {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.mkv'));
      const paths = names.map((name) => join(folder, name));
      const lengths = await Promise.all(paths.map(async (path) => (await packetTimes(path)).length));
      return paths.filter((_, index) => (lengths[index] ?? 0) > 2);
    };
    const written = (count: number) => eventually(`${count} files`, async () => (await files()).length >= count);
    /** Metadata of the recorded files, and whether they can be decoded. */
    const result = async () => {
      const tracks = Object.entries((await readReport(folder))?.tracks ?? {});
      for (const [name] of tracks) t.equal(await decoderComplaints(join(folder, name)), '');
      return tracks.map(([, { metadata }]) => metadata).sort();
    };
    return { room, folder, add, files, written, result };
  };
  return { world, log, recorders, publisher, record };
}

t.test('tracks from before and after the start are recorded, and end when they are removed', async (t) => {
  const { recorders, publisher, record } = await open(t);
  const { room, add, written, result } = await record('room');
  const tracks = Array.from({ length: 4 }, () => ['opus', opus] as const);
  const [early, left, late, never] = await publisher.publish(tracks);
  if (!early || !left || !late || !never) throw new Error('A feed is missing.');
  add(early, 'early');
  add(early, 'the same again');
  add(never, 'never');
  room.remove(never.publication.trackId);
  add(left, 'left');
  await written(2);
  add(late, 'late');
  room.remove(left.publication.trackId);
  room.remove('unknown');
  await written(3);
  await Promise.all([room.close(), room.close()]);
  add(never, 'too late');
  t.same(await result(), ['early', 'late', 'left']);
  t.same(recorders.pids, [], 'the process ends with its last room');
});

t.test('rooms share a track recorder: each ends alone and fails alone, and all go on when it is killed', async (t) => {
  const { publisher, record, recorders, log } = await open(t);
  const feeds = await publisher.publish([
    ['opus', opus],
    ['opus', opus],
  ]);
  const [one, two] = feeds;
  if (!one || !two) throw new Error('A feed is missing.');
  const [kept, ended, broken] = [await record('kept'), await record('ended'), await record('broken')];
  const failed = once(broken.room.observer, 'failed');
  await rm(broken.folder, { recursive: true });
  for (const { add } of [broken, kept, ended]) {
    add(one, 'one');
    add(two, 'two');
  }
  t.match(await failed, [/ENOENT/]);
  await broken.room.close();
  for (const { written } of [kept, ended]) await written(2);
  const [pid = 0, ...others] = recorders.pids;
  t.same(others, []);

  await ended.room.close();
  t.same(await ended.result(), ['one', 'two']);
  for (const path of await ended.files()) t.ok((await statedDuration(path)) > 0, 'complete');

  const { room: later, ...rest } = await record('later');
  rest.add(one, 'later');
  await rest.written(1);
  t.same(recorders.pids, [pid]);

  process.kill(pid, 'SIGKILL');
  await kept.written(4);
  await rest.written(2);
  t.not(recorders.pids[0], pid);
  await Promise.all([kept.room.close(), later.close()]);
  t.same(await kept.result(), ['one', 'one', 'two', 'two']);
  t.same(await rest.result(), ['later', 'later']);
  const said = log.filter(({ msg }) => String(msg).startsWith('The track recorder of a room is replaced;'));
  t.same(said.map(({ roomId }) => roomId).sort(), ['kept', 'later']);
  t.same(recorders.pids, []);
});

t.test('a track that has ended is skipped', async (t) => {
  const { publisher, record } = await open(t);
  const { room, add, written, result } = await record('room');
  const [gone, there] = await publisher.publish([
    ['opus', opus],
    ['opus', opus],
  ]);
  if (!gone || !there) throw new Error('A feed is missing.');
  publisher.unpublish(gone);
  add(gone, 'gone');
  add(there, 'there');
  await written(1);
  await room.close();
  t.same(await result(), ['there']);
});

t.test('a room that cannot be written fails', async (t) => {
  const { recorders, publisher, record } = await open(t);
  const { room, add, folder } = await record('room');
  await rm(folder, { recursive: true });
  const [feed] = await publisher.publish([['opus', opus]]);
  const failed = once(room.observer, 'failed');
  if (feed) add(feed, 'lost');
  t.match(await failed, [/ENOENT/]);
  await room.close();
  const after = await record('after');
  await recorders.close();
  await after.room.close();
  await t.rejects(record('too late'), /stops/);
});
