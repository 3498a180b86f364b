import { spawnSync } from 'node:child_process';
import t from 'tap';
import { decodeG711, encodeG711 } from '../../src/media/g711.ts';

const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

for (const [law, format] of [
  ['pcmu', 'mulaw'],
  ['pcma', 'alaw'],
] as const) {
  t.test(`${law} is decoded as by ffmpeg`, async (t) => {
    const args = ['-v', 'error', '-f', format, '-ar', '8000', '-ac', '1', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'];
    const { stdout } = spawnSync('ffmpeg', args, { input: bytes });
    const expected = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length / 2);
    t.equal(expected.length, 256);
    t.same([...decodeG711(law, bytes)], [...expected]);
  });
}

for (const law of ['pcmu', 'pcma'] as const) {
  t.test(`${law}: every code is that of its own sample`, async (t) => {
    const samples = decodeG711(law, bytes);
    const encoded = encodeG711(law, samples);
    // mu has two zeros
    t.same(
      [...encoded].filter((code, index) => code !== index),
      law === 'pcmu' ? [0xff] : [],
    );
  });

  t.test(`${law}: all samples are encoded in order, within the step of their segment`, async (t) => {
    const samples = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
    const decoded = decodeG711(law, encodeG711(law, samples));
    t.ok(decoded.every((sample, index) => index === 0 || sample >= (decoded[index - 1] ?? 0)));
    const errors = Array.from(samples, (sample, index) => Math.abs(sample - (decoded[index] ?? 0)));
    const bound = (sample: number) => Math.max(8, (Math.abs(sample) + 132) / 32);
    const clipped = 32_124;
    t.ok(
      errors.every((error, index) => Math.abs(samples[index] ?? 0) > clipped || error <= bound(samples[index] ?? 0)),
    );
  });
}

t.test('decision values of ITU-T G.711, tables 1 and 2', async (t) => {
  // mu: 4063 of 14 bits begins the last segment; A: 2048 of 13 bits
  const steps = (law: 'pcmu' | 'pcma', ...samples: number[]) => [...encodeG711(law, Int16Array.from(samples))];
  t.same(steps('pcmu', 16_251, 16_252, -16_251, -16_252, 0, 32_767), [0x90, 0x8f, 0x10, 0x0f, 0xff, 0x80]);
  t.same(steps('pcma', 16_383, 16_384, 0, -1, 32_767, -32_768), [0xba, 0xa5, 0xd5, 0x55, 0xaa, 0x2a]);
});
