import t from 'tap';
import { readPresentations } from '../../../src/media/mp4/edit-lists.ts';

function box(type: string, ...content: Buffer[]): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.reduce((sum, { length }) => sum + length, 0));
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, ...content]);
}

const numbers = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value, 4 * index);
  return bytes;
};

const rate = 0x10000;
/** A movie with 1000 units a second and one track, whose id is 7. @param edits duration, start, rate */
const movie = (edits: readonly (readonly number[])[], count = edits.length) => {
  const list = box('elst', numbers(0, count, ...edits.flat()));
  const track = box('trak', box('tkhd', numbers(0, 0, 0, 7, 0, 0)), box('edts', list));
  const free = box('free', Buffer.alloc(100));
  return Buffer.concat([box('ftyp'), free, box('moov', box('mvhd', numbers(0, 0, 0, 1000, 0, 0)), track)]);
};

const read = async (file: Buffer) =>
  await readPresentations(async (start, end) => {
    if (end > file.length || start > end) throw new RangeError('outside');
    return file.subarray(start, end);
  }, file.length);
const ofTrack = async (edits: readonly (readonly number[])[], count?: number) =>
  (await read(movie(edits, count)))?.get(7);

t.test('one piece, with or without a delay, is one piece up to its end', async (t) => {
  t.same(await ofTrack([]), { isOnePiece: true, end: Number.POSITIVE_INFINITY });
  t.same(await ofTrack([[2500, 40, rate]]), { isOnePiece: true, end: 2.5 });
  const delayed = [
    [500, -1, rate],
    [2500, 0, rate],
  ];
  t.same(await ofTrack(delayed), { isOnePiece: true, end: 3 });
  t.same(await ofTrack([[0, 0, rate]]), { isOnePiece: true, end: Number.POSITIVE_INFINITY }, 'of a file in fragments');
});

t.test('everything else is not', async (t) => {
  const lists = [
    [
      [1000, 0, rate],
      [1000, 5000, rate],
    ],
    [
      [1000, 0, rate],
      [1000, -1, rate],
    ],
    [[1000, 0, rate / 2]],
    [[1000, -1, rate]],
  ];
  for (const edits of lists) t.equal((await ofTrack(edits))?.isOnePiece, false, JSON.stringify(edits));
  t.equal((await ofTrack([[1000, 0, rate]], 2))?.isOnePiece, false, 'a list that is cut off');
  t.equal((await ofTrack([[1000, 0, rate]], 2 ** 31 - 1))?.isOnePiece, false, 'an endless one');
});

t.test('a file without a movie box has none', async (t) => {
  t.equal(await read(Buffer.alloc(0)), undefined);
  t.equal(await read(box('ftyp')), undefined);
  t.equal(await read(Buffer.alloc(100_000)), undefined);
});

t.test('a file of any number of fragments is known by what is before them', async (t) => {
  const fragments = Buffer.concat(Array.from({ length: 2000 }, () => box('moof')));
  const file = Buffer.concat([movie([[2500, 40, rate]]), fragments]);
  t.same((await read(file))?.get(7), { isOnePiece: true, end: 2.5 });
});
