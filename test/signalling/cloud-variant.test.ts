import t from 'tap';
import { encodingOf, variantOf } from '../../src/signalling/cloud-variant.ts';

t.test('each layer has its number, and each number its layer', async (t) => {
  for (const [encoding, variant] of [
    ['l', 1],
    ['m', 2],
    ['h', 3],
  ] as const) {
    t.equal(variantOf(encoding), variant);
    t.equal(encodingOf(variant), encoding);
  }
});

t.test('numbers that are not a layer are undefined', async (t) => {
  for (const variant of [0, 4, -1, 1.5]) t.equal(encodingOf(variant), undefined);
});
