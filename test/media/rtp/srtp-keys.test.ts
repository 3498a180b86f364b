import t from 'tap';
import { deriveSrtpKeys, srtpDerivation } from '../../../src/media/rtp/srtp-keys.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

t.test('keys of RFC 3711 appendix B.3', async (t) => {
  const derive = srtpDerivation(hex('E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6'));
  t.same(derive(0, 16), hex('C61E7A93744F39EE10734AFE3FF7A087'));
  t.same(derive(2, 14), hex('30CBBC08863D8C85D49DB34A9AE1'));
  t.same(derive(1, 20), hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
  t.notSame(derive(3, 16), derive(0, 16));
});

t.test('tags of RTP are as long as the suite says, those of RTCP always 80 bits', async (t) => {
  const key = Buffer.alloc(30).toString('base64');
  const lengths = ({ rtp, rtcp }: ReturnType<typeof deriveSrtpKeys>) => [rtp.tagLength, rtcp.tagLength];
  t.same(lengths(deriveSrtpKeys({ suite: 'AES_CM_128_HMAC_SHA1_80', key })), [10, 10]);
  t.same(lengths(deriveSrtpKeys({ suite: 'AES_CM_128_HMAC_SHA1_32', key })), [4, 10]);
  t.throws(() => deriveSrtpKeys({ suite: 'AES_CM_128_HMAC_SHA1_80', key: key.slice(4) }), RangeError);
});
