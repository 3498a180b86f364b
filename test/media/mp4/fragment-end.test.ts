import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { fragmentEnd } from '../../../src/media/mp4/fragment-end.ts';

const folder = await mkdtemp(join(tmpdir(), 'shoal-fragments-'));
t.teardown(() => rm(folder, { recursive: true }));
const path = join(folder, 'a.mp4');

function box(type: string, content: number): Buffer {
  const bytes = Buffer.alloc(8 + content, 1);
  bytes.writeUInt32BE(bytes.length);
  bytes.write(type, 4, 'latin1');
  return bytes;
}

const head = Buffer.concat([box('ftyp', 16), box('moov', 100)]);
const fragment = Buffer.concat([box('moof', 50), box('mdat', 200)]);

async function endOf(bytes: Buffer): Promise<number> {
  await writeFile(path, bytes);
  return await fragmentEnd(path);
}

t.test('the last whole fragment is found wherever the file is cut', async (t) => {
  const whole = Buffer.concat([head, fragment, fragment]);
  const ends = [0, head.length, head.length + fragment.length, whole.length];
  for (let length = 0; length < whole.length; length += 1) {
    const wanted = ends.findLast((end) => end <= length);
    const end = await endOf(whole.subarray(0, length));
    if (end !== wanted) t.equal(end, wanted, `${length} bytes`);
  }
  t.equal(await endOf(whole), whole.length);
});

t.test('trailing zeros and other files are handled', async (t) => {
  const whole = Buffer.concat([head, fragment]);
  t.equal(await endOf(Buffer.concat([whole, Buffer.alloc(4096)])), whole.length);
  t.equal(await endOf(Buffer.from('no film at all')), 0);
  await t.rejects(fragmentEnd(join(folder, 'none')));
});
