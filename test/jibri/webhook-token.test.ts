import { generateKeyPairSync } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import t from 'tap';
import { WebhookToken } from '../../src/jibri/webhook-token.ts';
import { HeldClock } from '../clock/held-clock.ts';

t.test('a token is valid for at least half of its lifetime, whatever the time of day was set to', async (t) => {
  const clock = new HeldClock(1_800_000_000_000);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const token = await WebhookToken.open({
    ...{ readKey: async () => key, keyId: 'k', issuer: 'i', audience: 'a', lifetime: 600_000, clock },
  });
  const times = () => {
    const { iat = 0, exp = 0 } = jsonwebtoken.decode(token.current()) as jsonwebtoken.JwtPayload;
    return { issuedSince: clock.now() / 1000 - iat, validFor: exp - clock.now() / 1000 };
  };
  t.strictSame(times(), { issuedSince: 0, validFor: 600 });
  clock.advance(299_000);
  t.strictSame(times(), { issuedSince: 299, validFor: 301 }, 'the same one');
  for (const step of [-3_600_000, 300_000]) {
    clock.setTime(clock.now() + step);
    t.strictSame(times(), { issuedSince: 0, validFor: 600 }, `a new one after a step of ${step} ms`);
  }
});
