import t from 'tap';
import { AdtsReader } from '../../../../workers/composer/audio/adts-reader.ts';
import { ffmpegOutput } from '../../../command-output.ts';

const stream = await ffmpegOutput(['-f', 'lavfi', '-i', 'sine=440:d=1:r=48000', '-c:a', 'aac', '-f', 'adts', 'pipe:1']);

t.test('frames are read however the stream is cut', async (t) => {
  for (const size of [1, 5, 1000, stream.length]) {
    const frames: Buffer[] = [];
    const reader = new AdtsReader((data) => frames.push(Buffer.from(data)));
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    t.equal(frames.length, 48, '47 of audio and the run-up');
    const bytes = frames.reduce((sum, { length }) => sum + length, 0);
    t.equal(bytes, stream.length - 48 * 7, `nothing is lost in chunks of ${size}`);
  }
});

t.test('other data is refused', async (t) => {
  const reader = new AdtsReader(() => undefined);
  t.throws(() => reader.push(Buffer.alloc(20, 1)), RangeError);
});
