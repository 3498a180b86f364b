import { inspect } from 'node:util';
import t from 'tap';
import { Secret } from '../../src/config/secret.ts';

t.test('a secret matches its text and no other', (t) => {
  const token = new Secret('development');
  t.ok(token.matches('development'));
  for (const other of ['', 'developmen', 'developmentt', 'Development', 'development ', 'x'.repeat(100_000)])
    t.notOk(token.matches(other), other.slice(0, 20));
  t.notMatch(inspect(token), 'development');
  t.notMatch(JSON.stringify(token), 'development');
  t.end();
});
