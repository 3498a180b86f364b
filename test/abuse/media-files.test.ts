// Headers of files that somebody has made, read by our own code: pages of Ogg, edit lists of MP4.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { readPresentations } from '../../src/media/mp4/edit-lists.ts';
import { OggPackets, oggPages } from '../../src/media/ogg.ts';
import { ffmpegOutput } from '../command-output.ts';
import { mutatedBytes } from './mutation.ts';
import { fuzz } from './rounds.ts';

const tone = ['-f', 'lavfi', '-i', 'sine=d=0.3'];
const ogg = await ffmpegOutput([...tone, '-c:a', 'libopus', '-page_duration', '20000', '-f', 'ogg', 'pipe:1']);
const folder = await mkdtemp(join(tmpdir(), 'shoal-files-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const path = join(folder, 'tone.mp4');
await ffmpegOutput([...tone, '-c:a', 'aac', '-movflags', '+faststart', path]);
const mp4 = await readFile(path);

t.test('mutated Ogg has packets that are no longer than the file', async (t) => {
  await fuzz(t, 2000, async (random) => {
    const bytes = mutatedBytes(random, ogg);
    const packets = new OggPackets();
    let length = 0;
    try {
      for await (const page of oggPages(Readable.from([bytes])))
        for (const packet of packets.read(page)) length += packet.length;
    } catch (error) {
      if (!(error instanceof RangeError) || error.message !== 'The file is not Ogg.') throw error;
    }
    if (length > bytes.length) t.fail('packets are not made up');
  });
});

t.test('of a mutated MP4 few bytes are read, and none outside of it', async (t) => {
  t.ok(mp4.includes('elst'));
  await fuzz(t, 4000, async (random) => {
    const bytes = mutatedBytes(random, mp4);
    let read = 0;
    const range = async (start: number, end: number) => {
      if (start > end || end > bytes.length) throw new Error(`${start} to ${end}`);
      read += end - start;
      return bytes.subarray(start, end);
    };
    await readPresentations(range, bytes.length);
    if (read > 100_000) t.fail(`${read} bytes`);
  });
});
