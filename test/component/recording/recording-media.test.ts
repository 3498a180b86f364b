import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import { RecordingMedia, type RecordingMediaOptions } from '../../../src/component/recording/recording-media.ts';
import type { EndedMedia } from '../../../src/storage/media-kind.ts';

const settings = { width: 320, height: 180, frameRate: 30, audioChannels: 1 } as const;

function mediaIn(root: string, changes: Pick<RecordingMediaOptions, 'compose'> = {}): RecordingMedia {
  return new RecordingMedia({ root, settings, clock: systemClock, logger: pino({ enabled: false }), ...changes });
}

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
  const manifest = {
    version: 2,
    kind: 'recording',
    state: 'finalising',
    roomId: 'room',
    startedAt: 0,
    files: {},
  } as const;
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

t.test('the name of a folder is the time, and unique', async (t) => {
  const folder = t.testdir();
  const kind = mediaIn(folder);
  const startedAt = Date.UTC(2024, 4, 23, 12, 58, 19, 123) + 0.5;
  const paths = [];
  for (let count = 0; count < 3; count += 1) paths.push(await kind.makeFolder('room', startedAt));
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
