import t from 'tap';
import { sliceHead, withoutEmulation } from '../../../src/media/rtp/nal-unit.ts';
import { slice, sps } from './nal-samples.ts';

t.test('the head of a slice is read', async (t) => {
  t.same(sliceHead(slice('B')), { firstMacroblock: 0, bidirectional: true });
  t.same(sliceHead(slice('P', { first: false })), { firstMacroblock: 4, bidirectional: false });
  t.same(sliceHead(slice('I', { idr: true })), { firstMacroblock: 0, bidirectional: false });
  t.equal(sliceHead(sps), undefined, 'no slice');
  t.equal(sliceHead(Buffer.from([0x41])), undefined, 'cut off');
  t.equal(sliceHead(Buffer.concat([Buffer.from([0x41]), Buffer.alloc(40)])), undefined, 'no number that small');
});

t.test('slice type 6 means that all slices of the frame are B slices', async (t) => {
  // first_mb 0, then 00111 = 6
  t.ok(sliceHead(Buffer.from([0x01, 0b10011111, 0xff]))?.bidirectional);
});

t.test('emulation prevention bytes are removed', async (t) => {
  t.same(withoutEmulation(Buffer.from([0, 0, 3, 1, 0, 0, 3, 0, 0, 3])), Buffer.from([0, 0, 1, 0, 0, 0, 0]));
  t.same(withoutEmulation(Buffer.from([0, 3, 0, 3])), Buffer.from([0, 3, 0, 3]));
});
