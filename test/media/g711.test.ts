import { spawnSync } from 'node:child_process';
import t from 'tap';
import { decodeG711 } from '../../src/media/g711.ts';

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
