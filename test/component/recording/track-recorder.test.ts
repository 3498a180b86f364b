import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import { TrackRecorder } from '../../../src/component/recording/track-recorder.ts';
import type { RtpFeed } from '../../../src/sfu/rtp-feed.ts';
import { decoderComplaints, packetTimes } from '../../recorded-media.ts';
import { opusScript } from '../../scripts.ts';
import { RoomOnWorker } from '../../sfu/room-on-worker.ts';
import { ScriptedComponent } from './scripted-component.ts';

const opus = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t):s=48000', 2);

async function open(t: Test) {
  const world = await RoomOnWorker.open();
  const folder = await mkdtemp(join(tmpdir(), 'shoal-raw-'));
  const log: string[] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const { media } = world.room;
  const recorder = new TrackRecorder({ media, folder, recordingId: 'room', startedAt: Date.now(), logger });
  t.teardown(async () => {
    await recorder.close();
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });
  const publisher = await ScriptedComponent.join(world.room);
  const add = ({ publication }: RtpFeed, metadata: string) =>
    recorder.add({ trackId: publication.trackId, kind: 'audio', origin: 'peer', metadata, offset: 0 });
  /** Waits until there is media in so many files. */
  const written = async (count: number) => {
    for (;;) {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.mkv'));
      const filled = await Promise.all(names.map(async (name) => (await packetTimes(join(folder, name))).length > 2));
      if (filled.filter(Boolean).length >= count) return;
    }
  };
  /** Metadata of the recorded files, and whether they can be decoded. */
  const result = async () => {
    const tracks = Object.entries((await readReport(folder))?.tracks ?? {});
    for (const [name] of tracks) t.equal(await decoderComplaints(join(folder, name)), '');
    return tracks.map(([, { metadata }]) => metadata).sort();
  };
  return { world, folder, log, recorder, publisher, add, written, result };
}

t.test('tracks from before and after the start are recorded, and end when they are removed', async (t) => {
  const { recorder, publisher, add, written, result } = await open(t);
  const tracks = Array.from({ length: 4 }, () => ['opus', opus] as const);
  const [early, left, late, never] = await publisher.publish(tracks);
  if (!early || !left || !late || !never) throw new Error('A feed is missing.');
  add(early, 'early');
  add(early, 'the same again');
  add(never, 'never');
  recorder.remove(never.publication.trackId);
  add(left, 'left');
  await written(2);
  add(late, 'late');
  recorder.remove(left.publication.trackId);
  recorder.remove('unknown');
  await written(3);
  await Promise.all([recorder.close(), recorder.close()]);
  add(never, 'too late');
  t.same(await result(), ['early', 'late', 'left']);
  t.equal(recorder.workerPid, undefined);
});

t.test('a new track recorder continues with all tracks', async (t) => {
  const { recorder, publisher, add, written, result, log } = await open(t);
  const [one, two] = await publisher.publish([
    ['opus', opus],
    ['opus', opus],
  ]);
  if (!one || !two) throw new Error('A feed is missing.');
  add(one, 'one');
  add(two, 'two');
  await written(2);
  process.kill(recorder.workerPid ?? 0, 'SIGKILL');
  await written(4);
  await recorder.close();
  t.same(await result(), ['one', 'one', 'two', 'two']);
  t.ok(
    log.includes(
      'The track recorder of a room is replaced; each track goes on in a new file and lacks what was sent meanwhile.',
    ),
  );
});

t.test('a track that has ended is skipped', async (t) => {
  const { recorder, publisher, add, written, result } = await open(t);
  const [gone, there] = await publisher.publish([
    ['opus', opus],
    ['opus', opus],
  ]);
  if (!gone || !there) throw new Error('A feed is missing.');
  publisher.unpublish(gone);
  add(gone, 'gone');
  add(there, 'there');
  await written(1);
  await recorder.close();
  t.same(await result(), ['there']);
});

t.test('a track recorder that cannot write fails', async (t) => {
  const { recorder, publisher, add, folder } = await open(t);
  await rm(folder, { recursive: true });
  const [feed] = await publisher.publish([['opus', opus]]);
  const failed = once(recorder.observer, 'failed');
  if (feed) add(feed, 'lost');
  t.match(await failed, [/ENOENT/]);
  await recorder.close();
});
