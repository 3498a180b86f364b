import t from 'tap';
import { parseAacConfig, toAdts } from '../../src/media/aac-config.ts';

const parse = (hex: string) => parseAacConfig(Buffer.from(hex, 'hex'));

t.test('configurations that cameras announce are read', async (t) => {
  t.same(parse('1210'), { objectType: 2, frequencyIndex: 4, sampleRate: 44_100, channels: 2 });
  t.same(parse('1408'), { objectType: 2, frequencyIndex: 8, sampleRate: 16_000, channels: 1 });
  t.same(parse('1190'), { objectType: 2, frequencyIndex: 3, sampleRate: 48_000, channels: 2 });
  // with SBR: core at 22050, shown at 44100
  t.same(parse('2b920800'), { objectType: 2, frequencyIndex: 7, sampleRate: 22_050, channels: 2 });
});

t.test('configurations that ADTS cannot express are refused', async (t) => {
  for (const hex of ['', '12', '0000', 'ffff', '1780', '1200', '1678', 'f810', '2b92'])
    t.equal(parse(hex), undefined, hex);
});

t.test('a unit gets its ADTS header', async (t) => {
  const config = { objectType: 2, frequencyIndex: 4, sampleRate: 44_100, channels: 2 };
  t.equal(toAdts(config, Buffer.from([1, 2, 3]))?.toString('hex'), 'fff15080015ffc010203');
  t.equal(toAdts(config, Buffer.alloc(0x1fff - 7))?.length, 0x1fff);
  t.equal(toAdts(config, Buffer.alloc(0x1fff - 6)), undefined);
});
