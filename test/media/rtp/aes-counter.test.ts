import { createCipheriv, randomBytes } from 'node:crypto';
import t from 'tap';
import { AesCounter } from '../../../src/media/rtp/aes-counter.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

t.test('key stream of RFC 3711 appendix B.2', async (t) => {
  const cipher = new AesCounter(hex('2B7E151628AED2A6ABF7158809CF4F3C'));
  const stream = cipher.apply(hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000'), Buffer.alloc(0xff02 * 16));
  const blocks: [number, string][] = [
    [0, 'E03EAD0935C95E80E166B16DD92B4EB4'],
    [1, 'D23513162B02D0F72A43A2FE4A5F97AB'],
    [2, '41E95B3BB0A2E8DD477901E4FCA894C0'],
    [0xfeff, 'EC8CDF7398607CB0F2D21675EA9EA1E4'],
    [0xff00, '362B7C3C6773516318A077D7FC5073AE'],
    [0xff01, '6A2CC3787889374FBEB4C81B17BA6C44'],
  ];
  for (const [index, block] of blocks)
    t.same(stream.subarray(index * 16, index * 16 + 16), hex(block), `block ${index}`);
});

t.test('texts of any length, one after the other', async (t) => {
  const key = randomBytes(16);
  const cipher = new AesCounter(key);
  for (let length = 0; length < 70; length += 1) {
    const [start, text] = [Buffer.concat([randomBytes(14), Buffer.alloc(2)]), randomBytes(length)];
    const encrypted = cipher.apply(start, text);
    t.same(encrypted, createCipheriv('aes-128-ctr', key, start).update(text));
    t.same(cipher.apply(start, encrypted), text);
  }
});
