import t from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { webhookSignature } from '../../src/notification/webhook-signature.ts';

t.test('the signature is the HMAC-SHA256 of the body in hexadecimal (RFC 4231, test case 2)', (t) => {
  t.strictSame(webhookSignature(new Secret('Jefe'), Buffer.from('what do ya want for nothing?')), {
    'x-fishjam-signature-256': 'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  });
  t.end();
});
