import t from 'tap';
import { isPcmEncoding, openPcmDecoder } from '../../src/media/pcm.ts';

t.test('linear samples are in network byte order; of 24 bits the upper 16 count', async (t) => {
  const decode = (encoding: 'l8' | 'l16' | 'l24', hex: string) => [
    ...openPcmDecoder({ encoding, rate: 8000, channels: 1 })(Buffer.from(hex, 'hex')),
  ];
  t.same(decode('l8', '0080ff'), [-32_768, 0, 32_512]);
  t.same(decode('l16', '7fff8000000112'), [32_767, -32_768, 1], 'half a sample is dropped');
  t.same(decode('l24', '7fffff80000000010201'), [32_767, -32_768, 1]);
});

t.test('packets of more than a second have no samples, incomplete ones only whole ones', async (t) => {
  const decode = openPcmDecoder({ encoding: 'l16', rate: 1000, channels: 2 });
  t.equal(decode(Buffer.alloc(4000)).length, 2000);
  t.equal(decode(Buffer.alloc(4002)).length, 0);
  t.equal(decode(Buffer.alloc(7)).length, 2);
  t.equal(openPcmDecoder({ encoding: 'g726-16', rate: 8000, channels: 1 })(Buffer.alloc(2001)).length, 0);
});

t.test('the encodings are known by their names', async (t) => {
  for (const name of ['pcmu', 'l16', 'g726-40', 'aal2-g726-16', 'dvi4']) t.ok(isPcmEncoding(name, 1), name);
  for (const name of ['', 'L16', 'g729', '__proto__', 'constructor', 'g726']) t.notOk(isPcmEncoding(name, 1), name);
  t.ok(isPcmEncoding('l16', 8));
  t.notOk(isPcmEncoding('l16', 9));
  t.notOk(isPcmEncoding('g726-32', 2));
});
