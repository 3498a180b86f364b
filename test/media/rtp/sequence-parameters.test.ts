import t from 'tap';
import { accessUnits } from '../../../src/media/rtp/access-units.ts';
import { nalType, typeOf } from '../../../src/media/rtp/nal-unit.ts';
import { readSequenceParameters } from '../../../src/media/rtp/sequence-parameters.ts';
import { h264Pattern } from '../../recorded-media.ts';

async function firstSps(size: string, extra: readonly string[] = []): Promise<Buffer> {
  async function* stream() {
    yield await h264Pattern(1, { size, extra });
  }
  for await (const { nals } of accessUnits(stream())) {
    const sps = nals.find((nal) => typeOf(nal) === nalType.sps);
    if (sps) return sps;
  }
  throw new Error('The encoder wrote no parameter set.');
}

t.test('size and profile are those of the encoder', async (t) => {
  const baseline = await firstSps('320x180', ['-profile:v', 'baseline']);
  t.match(readSequenceParameters(baseline), { codec: /^avc1\.42/, width: 320, height: 180 }, 'cropped');
  t.match(readSequenceParameters(await firstSps('1280x720', ['-preset', 'medium', '-profile:v', 'high'])), {
    codec: /^avc1\.64/,
    width: 1280,
    height: 720,
  });
  const full = ['-pix_fmt', 'yuv444p', '-profile:v', 'high444'];
  t.match(readSequenceParameters(await firstSps('98x52', full)), { codec: /^avc1\.f4/, width: 98, height: 52 });
  const interlaced = ['-flags', '+ildct+ilme', '-profile:v', 'main'];
  t.match(readSequenceParameters(await firstSps('352x288', interlaced)), { width: 352, height: 288 });
});

t.test('malformed parameter sets are refused', async (t) => {
  t.equal(readSequenceParameters(Buffer.from([0x67])), undefined);
  const sps = await firstSps('320x180');
  t.equal(readSequenceParameters(sps.subarray(0, 8)), undefined, 'cut off');
});
