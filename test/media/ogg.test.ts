import { Readable } from 'node:stream';
import t from 'tap';
import { OggPackets, type OggPage, oggPages } from '../../src/media/ogg.ts';
import { commandOutput, ffmpegOutput } from '../command-output.ts';

const opus = ['-f', 'lavfi', '-i', 'sine=d=2', '-c:a', 'libopus', '-f', 'ogg', 'pipe:1'];
const file = await ffmpegOutput(opus);
const pages = (chunks: Iterable<Buffer>): Promise<OggPage[]> =>
  Readable.from(oggPages(Readable.from(chunks))).toArray();
const whole = await pages([file]);

function packetsOf(read: readonly OggPage[]): Buffer[] {
  const packets = new OggPackets();
  return read.flatMap((page) => packets.read(page));
}

t.test('the packets of a file are those that a demuxer finds', async (t) => {
  t.same(Buffer.concat(whole.map(({ bytes }) => bytes)), file);
  t.ok(whole[0]?.starts && whole.at(-1)?.ends);
  const probing = commandOutput('ffprobe', ['-v', 'error', '-show_entries', 'packet=size', '-of', 'csv=p=0', 'pipe:0']);
  probing.child.stdin?.end(file);
  const sizes = (await probing).stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number.parseInt(line, 10)]));
  const [head, , ...audio] = packetsOf(whole);
  t.equal(head?.toString('latin1', 0, 8), 'OpusHead');
  t.same(
    audio.map(({ length }) => length),
    sizes,
  );
});

t.test('pages are read however the stream is cut', async (t) => {
  for (const length of [1, 3, 100, 5000]) {
    const chunks = Array.from({ length: Math.ceil(file.length / length) }, (_, index) =>
      file.subarray(index * length, (index + 1) * length),
    );
    t.equal((await pages(chunks)).length, whole.length, `chunks of ${length}`);
  }
});

t.test('a packet of several pages is joined, and one of endless length left out', async (t) => {
  const page = (lengths: number[], continues: boolean): OggPage => ({
    ...{ serial: 1, starts: false, ends: false, continues, position: 0, bytes: Buffer.alloc(0) },
    ...{
      lacing: Buffer.from(lengths),
      body: Buffer.alloc(
        lengths.reduce((sum, length) => sum + length, 0),
        7,
      ),
    },
  });
  t.same(
    packetsOf([page([255, 255], false), page([255, 1, 9], true)]).map(({ length }) => length),
    [766, 9],
  );
  const full = Array.from({ length: 255 }, () => 255);
  const endless = Array.from({ length: 20 }, (_, index) => page(full, index > 0));
  t.same(
    packetsOf([...endless, page([3, 9], true)]).map(({ length }) => length),
    [9],
  );
});

t.test('damaged pages, bytes between pages and a cut-off page are skipped', async (t) => {
  const damaged = Buffer.from(file);
  damaged.fill(0x5a, (whole[0]?.bytes.length ?? 0) + 40, (whole[0]?.bytes.length ?? 0) + 60);
  t.equal((await pages([damaged])).length, whole.length - 1);
  const [first, ...rest] = whole.map(({ bytes }) => bytes) as [Buffer, ...Buffer[]];
  t.equal((await pages([first, Buffer.from('OggS and no more of it'), ...rest])).length, whole.length);
  t.equal((await pages([file.subarray(0, -10), file])).length, 2 * whole.length - 1);
});

t.test('a stream that is not Ogg is refused at its first bytes', async (t) => {
  let read = 0;
  const endless = (async function* () {
    for (; ; read += 1) yield Buffer.alloc(65_536);
  })();
  await t.rejects(Readable.from(oggPages(endless)).toArray(), RangeError);
  t.equal(read, 0);
  t.same(await pages([]), []);
});
