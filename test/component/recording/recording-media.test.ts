import { copyFile, mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import { RecordingMedia, type RecordingMediaOptions } from '../../../src/component/recording/recording-media.ts';
import type { EndedMedia } from '../../../src/storage/media-kind.ts';
import { MatroskaFile } from '../../../workers/track-recorder/matroska-file.ts';
import { opusFormat } from '../../../workers/track-recorder/track-format.ts';
import { eventually } from '../../eventually.ts';
import { decoderComplaints, packetTimes, sought, statedDuration } from '../../recorded-media.ts';

const settings = { width: 320, height: 180, frameRate: 30, audioChannels: 1 } as const;

function mediaIn(root: string, changes: Pick<RecordingMediaOptions, 'compose'> = {}): RecordingMedia {
  return new RecordingMedia({ root, settings, clock: systemClock, logger: pino({ enabled: false }), ...changes });
}

const manifest = {
  version: 2,
  kind: 'recording',
  state: 'finalising',
  roomId: 'room',
  startedAt: 0,
  files: {},
} as const;

t.test('recordings are composed afterwards one after the other', async (t) => {
  const made: string[] = [];
  const compose = async ({ folder }: { readonly folder: string }) => {
    made.push(`begin ${folder}`);
    await writeFile(join(folder, 'room.mp4'), 'composite');
    // time enough for another one to begin
    await new Promise((resolve) => setImmediate(resolve));
    made.push(`end ${folder}`);
  };
  const root = t.testdir();
  const kind = mediaIn(root, { compose });
  const finish = async (name: string) => {
    const folder = join(root, name);
    await mkdir(folder);
    await writeFile(join(folder, 'a.mkv'), 'media');
    const media: EndedMedia = {
      ...{ folder, manifest: { ...manifest, details: { composed: true } }, interrupted: false },
      ...{ signal: new AbortController().signal, onComplete: () => undefined, keep: async () => undefined },
    };
    t.equal(await kind.finish(media), undefined);
    t.strictSame(await readdir(folder), ['a.mkv', 'room.mp4']);
  };
  await Promise.all([finish('one'), finish('other')]);
  t.equal(made.length, 4);
  t.equal(made[1], made[0]?.replace('begin', 'end'));
});

t.test('tracks whose recorder was killed with its server have a duration when they are finished', async (t) => {
  const root = t.testdir({ room: { part: {} } });
  const folder = join(root, 'room', 'part');
  const [path, killed] = [join(root, 'track.mkv'), join(folder, 'track.mkv')];
  const onFailure = (error: Error) => t.error(error);
  const file = new MatroskaFile({ path, format: opusFormat, onFailure });
  for (let time = 0; time < 3000; time += 20) file.add({ data: Buffer.alloc(50, 0xfc), key: true, time });
  await eventually('written', async () => (await packetTimes(path)).length === 150);
  await copyFile(path, killed);
  await file.close();
  // within a block
  await truncate(killed, (await stat(killed)).size - 10);
  const media: EndedMedia = {
    ...{ folder, manifest, interrupted: true, signal: new AbortController().signal },
    ...{ onComplete: () => undefined, keep: async () => undefined },
  };
  t.equal(await mediaIn(root).finish(media), undefined);
  t.equal(await statedDuration(killed), 2.98);
  t.equal(await decoderComplaints(killed), '');
  t.equal((await packetTimes(killed)).length, 149);
  t.ok((await sought(killed, 2)).time >= 1.9);
});

t.test('the name of a folder is the time, and unique', async (t) => {
  const folder = t.testdir();
  const kind = mediaIn(folder);
  const startedAt = Date.UTC(2024, 4, 23, 12, 58, 19, 123) + 0.5;
  const paths = [];
  for (let count = 0; count < 3; count += 1) paths.push(await kind.makeFolder('room', startedAt));
  t.match(
    relative(folder, await kind.makeFolder('x'.repeat(512), startedAt)),
    /^x{189}-\w{10}\/part_/,
    'of every room',
  );
  t.same(
    paths.map((path) => basename(path)),
    [500, 501, 502].map((micros) => `part_2024-05-23 12:58:19.123${micros}Z`),
  );
  t.equal(dirname(paths[0] ?? ''), join(folder, 'room'));
});

t.test('a file in place of a folder is an error', async (t) => {
  const folder = t.testdir({ raw: '', rooms: { room: '' } });
  await mkdir(join(folder, 'other'));
  await t.rejects(mediaIn(join(folder, 'raw')).makeFolder('room', 0), { code: /ENOTDIR|EEXIST/ });
  await t.rejects(mediaIn(join(folder, 'rooms')).makeFolder('room', 0), { code: /ENOTDIR|EEXIST/ });
});
