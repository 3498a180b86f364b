import { spawnSync } from 'node:child_process';
import t from 'tap';
import { G726Decoder } from '../../src/media/g726.ts';

const tone = 'sine=440:sample_rate=8000:duration=1,volume=3';
/** Silence between notes, so that the scale has to follow. */
const notes = "aevalsrc='0.6*sin(2*PI*(200+600*t)*t)*gt(mod(t\\,0.4)\\,0.2)':s=8000:d=2";
const noise = 'anoisesrc=r=8000:d=1:a=0.3:seed=1';

function ffmpeg(args: readonly string[], input?: Buffer): Buffer {
  return spawnSync('ffmpeg', ['-v', 'error', ...args, 'pipe:1'], { input }).stdout;
}

for (const codeSize of [2, 3, 4, 5] as const) {
  for (const [packing, format] of [
    ['little', 'g726le'],
    ['big', 'g726'],
  ] as const) {
    t.test(`codes of ${codeSize} bits, the first at the ${packing} end, are decoded as by ffmpeg`, async (t) => {
      const form = ['-code_size', String(codeSize), '-f', format];
      for (const source of packing === 'little' ? [tone, noise] : [notes]) {
        const encoded = ffmpeg(['-f', 'lavfi', '-i', source, '-ac', '1', '-c:a', format, ...form]);
        const { buffer, byteOffset, length } = ffmpeg([...form, '-i', 'pipe:0', '-f', 's16le'], encoded);
        const expected = [...new Int16Array(buffer, byteOffset, length / 2)];
        t.ok(expected.length >= 8000 && Math.max(...expected) > 2000);
        const decoder = new G726Decoder(codeSize, packing);
        const packets = Array.from({ length: Math.ceil(encoded.length / 60) }, (_, index) =>
          encoded.subarray(index * 60, (index + 1) * 60),
        );
        const decoded = packets.flatMap((packet) => [...decoder.decode(packet)]);
        t.equal(decoded.length, expected.length);
        t.equal(
          decoded.findIndex((sample, index) => sample !== expected[index]),
          -1,
        );
      }
    });
  }
}

t.test('any bytes are decoded to as many samples as there are codes', async (t) => {
  const decoder = new G726Decoder(3, 'little');
  for (const byte of [0, 0xff, 0x77, 0x92]) t.equal(decoder.decode(Buffer.alloc(100, byte)).length, 266);
  t.equal(decoder.decode(Buffer.alloc(0)).length, 0);
});
