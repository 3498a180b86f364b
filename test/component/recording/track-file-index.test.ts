// Files of tracks have a duration and can be sought in, however their track recorder ended.

import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { completeTrackFile } from '../../../src/component/recording/track-file-index.ts';
import { accessUnits } from '../../../src/media/rtp/access-units.ts';
import { avcFormat, toAvcSample } from '../../../src/media/rtp/avc-format.ts';
import { MatroskaFile } from '../../../workers/track-recorder/matroska-file.ts';
import { opusFormat, type TrackFormat } from '../../../workers/track-recorder/track-format.ts';
import { ffmpegOutput } from '../../command-output.ts';
import { eventually } from '../../eventually.ts';
import {
  decodedTimes,
  decoderComplaints,
  h264Pattern,
  packetTimes,
  sought,
  statedDuration,
} from '../../recorded-media.ts';
import { SmallDisk } from '../../storage/small-disk.ts';

const folder = await mkdtemp(join(tmpdir(), 'shoal-index-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

/** Seconds of each file, and where its first block is on the clock of the recording. */
const [seconds, begin] = [40, 5];

interface Block {
  readonly data: Buffer;
  readonly key: boolean;
  readonly time: number;
}

interface Media {
  readonly format: TrackFormat;
  readonly blocks: readonly Block[];
}

async function video(): Promise<Media> {
  const blocks: Block[] = [];
  let format: TrackFormat | undefined;
  async function* bytes() {
    yield await h264Pattern(seconds * 30);
  }
  for await (const { nals, key } of accessUnits(bytes())) {
    if (key) format ??= avcFormat([...nals]);
    blocks.push({ data: toAvcSample(nals), key, time: begin * 1000 + Math.round((blocks.length * 1000) / 30) });
  }
  if (!format) throw new Error('There are no parameter sets.');
  return { format, blocks };
}

/** One frame of 20 ms of silence (RFC 6716 section 3.1) after the other. */
const audio: Media = {
  format: opusFormat,
  blocks: Array.from({ length: seconds * 50 }, (_, index) => ({
    ...{ data: Buffer.alloc(50, 0xfc), key: true },
    time: begin * 1000 + index * 20,
  })),
};

const kinds = { video: await video(), audio };

/** Writes a file. @returns it before it is complete, and how to complete it */
async function written(path: string, { format, blocks }: Media) {
  const failures: Error[] = [];
  const file = new MatroskaFile({ path, format, onFailure: (error) => failures.push(error) });
  for (const block of blocks) file.add(block);
  await eventually('written', async () => (await packetTimes(path)).length === blocks.length);
  const raw = `${path}.raw.mkv`;
  await copyFile(path, raw);
  return { raw, failures, close: () => file.close() };
}

/** Says that a file is complete. @param frames that are in it */
async function assertComplete(t: Test, path: string, frames: number, length = seconds): Promise<void> {
  const duration = await statedDuration(path);
  t.ok(Math.abs(duration - begin - length) < 0.1, `${duration} s`);
  t.equal(await decoderComplaints(path), '');
  t.equal((await decodedTimes(path)).length, frames);
  const { size } = await stat(path);
  for (const place of [0.25, 0.5, 0.9]) {
    const { time, bytes } = await sought(path, length * place);
    t.ok(Math.abs(time - begin - length * place) < 0.1, `${time} s found`);
    t.ok(size < 400_000 || bytes < size / 2, `${bytes} bytes of ${size} read`);
  }
}

for (const [kind, media] of Object.entries(kinds)) {
  t.test(`a complete file with ${kind} has a duration and can be sought in`, async (t) => {
    const path = join(folder, `${kind}.mkv`);
    const { raw, close, failures } = await written(path, media);
    t.ok(Number.isNaN(await statedDuration(raw)), 'none before');
    await close();
    t.same(failures, []);
    await assertComplete(t, path, media.blocks.length);
    const before = await readFile(path);
    t.equal(await completeTrackFile(path), false, 'once');
    t.ok(before.equals(await readFile(path)));
  });

  t.test(`a file with ${kind} that its track recorder has left is completed`, async (t) => {
    const path = join(folder, `${kind}-left.mkv`);
    const { raw, close } = await written(path, media);
    await close();
    const complete = await readFile(path);
    t.equal(await completeTrackFile(raw), true);
    t.ok(complete.equals(await readFile(raw)), 'as if it had been closed');
  });
}

t.test('a file that is cut off within a block ends before it', async (t) => {
  const path = join(folder, 'cut.mkv');
  const { raw, close } = await written(path, kinds.video);
  await close();
  const bytes = await readFile(raw);
  for (let left = 1; left < 20; left += 1) {
    const cut = join(folder, `cut-${left}.mkv`);
    // some bytes of the head of a block, or of its data
    await writeFile(cut, bytes.subarray(0, bytes.length - left));
    t.equal(await completeTrackFile(cut), true);
    t.equal((await decodedTimes(cut)).length, kinds.video.blocks.length - 1);
  }
});

t.test('a track recorder that is killed between cues and head is no loss', async (t) => {
  const path = join(folder, 'between.mkv');
  const { raw, close } = await written(path, kinds.video);
  await close();
  const [incomplete, complete] = [await readFile(raw), await readFile(path)];
  await writeFile(raw, Buffer.concat([incomplete, complete.subarray(incomplete.length)]));
  t.equal(await completeTrackFile(raw), true);
  t.ok(complete.equals(await readFile(raw)));
  await writeFile(raw, Buffer.concat([incomplete, complete.subarray(incomplete.length, complete.length - 100)]));
  t.equal(await completeTrackFile(raw), true);
  t.ok(complete.equals(await readFile(raw)));
});

t.test('files of others and damaged ones are left as they are', async (t) => {
  const path = join(folder, 'other.mkv');
  await writeFile(path, await ffmpegOutput(['-f', 'lavfi', '-i', 'sine=d=2', '-f', 'matroska', 'pipe:1']));
  const damaged = join(folder, 'damaged.mkv');
  const { close } = await written(damaged, kinds.audio);
  await close();
  const bytes = await readFile(`${damaged}.raw.mkv`);
  bytes.fill(0, 10_000, 11_000);
  await writeFile(`${damaged}.raw.mkv`, bytes);
  const empty = join(folder, 'empty.mkv');
  await writeFile(empty, '');
  for (const each of [path, `${damaged}.raw.mkv`, empty]) {
    const before = await readFile(each);
    t.equal(await completeTrackFile(each), false);
    t.ok(before.equals(await readFile(each)));
  }
});

t.test('where there is no space for cues, a file has its duration', async (t) => {
  const disk = await SmallDisk.open(t, 8 * 1024 * 1024);
  if (!disk.isReal) return t.comment('No disk can be made here.');
  const path = join(disk.path, 'full.mkv');
  // each begins a cluster, so the cues do not fit into what is left of a page
  const blocks = Array.from({ length: 1000 }, (_, second) => ({
    data: Buffer.alloc(50, 0xfc),
    key: true,
    time: second * 1000,
  }));
  const { raw, close } = await written(path, { format: opusFormat, blocks });
  const incomplete = await readFile(raw);
  await rm(raw);
  await disk.fill(0);
  await close();
  t.equal(await statedDuration(path), 1000);
  t.equal((await stat(path)).size, incomplete.length, 'and nothing else');
  t.equal((await decodedTimes(path)).length, blocks.length);
});
