import t from 'tap';
import { aesCounter, deriveSrtpKeys } from '../../../src/media/rtp/srtp-keys.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

t.test('keys of RFC 3711 appendix B.3', async (t) => {
  const key = hex('E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6').toString('base64');
  const { rtp, rtcp } = deriveSrtpKeys({ suite: 'AES_CM_128_HMAC_SHA1_80', key });
  t.same(rtp.encryption, hex('C61E7A93744F39EE10734AFE3FF7A087'));
  t.same(rtp.salt, hex('30CBBC08863D8C85D49DB34A9AE1'));
  t.same(rtp.authentication, hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
  t.notSame(rtcp.encryption, rtp.encryption);
});

t.test('key stream of RFC 3711 appendix B.2', async (t) => {
  const start = hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000');
  const stream = aesCounter(hex('2B7E151628AED2A6ABF7158809CF4F3C'), start, Buffer.alloc(0xff02 * 16));
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

t.test('tags of RTP are as long as the suite says, those of RTCP always 80 bits', async (t) => {
  const key = Buffer.alloc(30).toString('base64');
  const lengths = ({ rtp, rtcp }: ReturnType<typeof deriveSrtpKeys>) => [rtp.tagLength, rtcp.tagLength];
  t.same(lengths(deriveSrtpKeys({ suite: 'AES_CM_128_HMAC_SHA1_80', key })), [10, 10]);
  t.same(lengths(deriveSrtpKeys({ suite: 'AES_CM_128_HMAC_SHA1_32', key })), [4, 10]);
  t.throws(() => deriveSrtpKeys({ suite: 'AES_CM_128_HMAC_SHA1_80', key: key.slice(4) }), RangeError);
});
