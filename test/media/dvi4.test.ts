import { spawnSync } from 'node:child_process';
import t from 'tap';
import { decodeDvi4 } from '../../src/media/dvi4.ts';

/** Blocks of IMA ADPCM as WAV has them: a header and codes, the first one in the lower half of a byte. */
const blockLength = 256;

t.test('packets of DVI4 have the samples that ffmpeg reads from the same codes', async (t) => {
  const source = ['-f', 'lavfi', '-i', 'sine=440:sample_rate=8000:duration=1'];
  const encode = ['-c:a', 'adpcm_ima_wav', '-block_size', String(blockLength), '-f', 'wav', 'pipe:1'];
  const wav = spawnSync('ffmpeg', ['-v', 'error', ...source, ...encode]).stdout;
  const args = ['-v', 'error', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'];
  const { stdout } = spawnSync('ffmpeg', args, { input: wav });
  const expected = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length / 2);
  const data = wav.subarray(wav.indexOf('data') + 8);
  t.ok(data.length > 10 * blockLength);
  for (let block = 0; (block + 1) * blockLength <= data.length; block += 1) {
    const bytes = data.subarray(block * blockLength, (block + 1) * blockLength);
    const codes = bytes.subarray(4).map((byte) => (byte << 4) | (byte >> 4));
    const header = Buffer.from([bytes[1] ?? 0, bytes[0] ?? 0, bytes[2] ?? 0, 0]);
    const samples = decodeDvi4(Buffer.concat([header, codes]));
    // the first sample of a block in WAV is the header's
    const begin = block * (samples.length + 1) + 1;
    const worst = Math.max(...samples.map((sample, index) => Math.abs(sample - (expected[begin + index] ?? 0))));
    t.ok(worst <= 100, `${worst} of 4096: each of 500 steps is rounded`);
  }
});

t.test('packets without codes, or with a state that does not exist, are no error', async (t) => {
  t.equal(decodeDvi4(Buffer.alloc(3)).length, 0);
  t.equal(decodeDvi4(Buffer.alloc(4)).length, 0);
  t.equal(decodeDvi4(Buffer.from([0, 0, 255, 0, 0x77])).length, 2);
});
