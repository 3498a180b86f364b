import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import { RecordingMedia } from '../../../src/component/recording/recording-media.ts';
import type { EndedMedia } from '../../../src/storage/media-kind.ts';

const settings = { width: 320, height: 180, frameRate: 30, audioChannels: 1 } as const;

t.test('recordings are composed afterwards one after the other', async (t) => {
  const made: string[] = [];
  const compose = async ({ folder }: { readonly folder: string }) => {
    made.push(`begin ${folder}`);
    await writeFile(join(folder, 'room.mp4'), 'composite');
    // time enough for another one to begin
    await new Promise((resolve) => setImmediate(resolve));
    made.push(`end ${folder}`);
  };
  const logger = pino({ enabled: false });
  const root = t.testdir();
  const kind = new RecordingMedia({ root, settings, clock: systemClock, logger, compose });
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
