import { createHmac } from 'node:crypto';
import t from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { bodySignature } from '../../src/net/body-signature.ts';

t.test('texts are signed as their bytes', async (t) => {
  const expected = `sha256=${createHmac('sha256', 'key').update(Buffer.from('Grüße')).digest('hex')}`;
  t.equal(bodySignature(new Secret('key'), 'Grüße'), expected);
  t.equal(bodySignature(new Secret('key'), Buffer.from('Grüße')), expected);
});
