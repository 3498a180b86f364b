import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { accessUnits } from '../../../src/media/rtp/access-units.ts';
import { avcFormat, toAvcSample } from '../../../src/media/rtp/avc-format.ts';
import { BatchTimer } from '../../../workers/track-recorder/batch-timer.ts';
import { MatroskaFile } from '../../../workers/track-recorder/matroska-file.ts';
import { opusFormat } from '../../../workers/track-recorder/track-format.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { decodedTimes, decoderComplaints, h264Pattern } from '../../recorded-media.ts';

const folder = await mkdtemp(join(tmpdir(), 'shoal-matroska-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const failures: Error[] = [];
const onFailure = (error: Error) => failures.push(error);

async function* pattern(pictures: number) {
  yield await h264Pattern(pictures);
}

/** Resolves once the file has grown beyond a size. */
async function grown(path: string, size: number): Promise<number> {
  for (let look = 0; look < 100_000; look += 1) {
    const now = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (now > size) return now;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('The file does not grow.');
}

/** Maximum time that a block waits for others, in ms. */
const maxWait = 100;

t.test('blocks can be read at most a tenth of a second after they were added, and keyframes at once', async (t) => {
  const path = join(folder, 'video.mkv');
  const copy = join(folder, 'copy.mkv');
  const clock = new HeldClock();
  let file: MatroskaFile | undefined;
  let size = 0;
  let written = 0;
  let count = 0;
  let waiting = 0;
  for await (const { nals, key } of accessUnits(pattern(40))) {
    const format = key ? avcFormat([...nals]) : undefined;
    if (!file && format) file = new MatroskaFile({ path, format, batchTimer: new BatchTimer(clock), onFailure });
    const data = toAvcSample(nals);
    file?.add({ data, key, time: 5000 + Math.round((count * 1000) / 30) });
    count += 1;
    waiting += data.length;
    t.equal(clock.pending, key ? 0 : 1, key ? 'nothing waits' : 'one batch waits');
    if (!key && count % 3 !== 0) continue;
    clock.advance(maxWait);
    size = await grown(path, size + waiting);
    [waiting, written] = [0, count];
    if (count % 10 !== 3 && !key) continue;
    await copyFile(path, copy);
    const times = await decodedTimes(copy);
    t.equal(times.length, count, `${count} of the pictures added`);
    t.equal(times[0], 5, 'on the clock of the recording');
  }
  t.ok(written < count, 'some wait');
  await file?.close();
  await file?.close();
  t.equal(clock.pending, 0);
  t.equal((await decodedTimes(path)).length, 40);
  t.equal(await decoderComplaints(path), '');
  t.strictSame(failures, []);
});

t.test('an existing file is not overwritten', async (t) => {
  const file = new MatroskaFile({ path: join(folder, 'video.mkv'), format: opusFormat, onFailure });
  file.add({ data: Buffer.alloc(10), key: true, time: 0 });
  await file.close();
  t.match(failures, [{ code: 'EEXIST' }], 'told of once');
});

t.test('a file that is removed while it is written fails', async (t) => {
  for (const ending of ['sync', 'close'] as const) {
    const failed: Error[] = [];
    const path = join(folder, `removed-${ending}.mkv`);
    const file = new MatroskaFile({ path, format: opusFormat, onFailure: (error) => failed.push(error) });
    file.add({ data: Buffer.alloc(10), key: true, time: 0 });
    await grown(path, 0);
    await rm(path);
    await file[ending]();
    await file.close();
    t.match(failed, [{ message: /was removed/ }]);
  }
});
