import t from 'tap';
import { audioSpecificConfig, silentFrame } from '../../../../workers/composer/audio/silent-frame.ts';
import { DecodedProgram } from '../decoded-program.ts';

for (const channels of [1, 2] as const) {
  t.test(`the silent frame decodes to silence in ${channels} channels`, async (t) => {
    const configuration = audioSpecificConfig(channels);
    t.equal(configuration.toString('hex'), channels === 1 ? '1188' : '1190');
    const frames = Array.from({ length: 10 }, () => silentFrame(channels));
    const audio = await DecodedProgram.decodeSound(frames, channels);
    t.equal(audio.length, 10 * 1024);
    t.same(new Set(audio), new Set([0]));
  });
}
