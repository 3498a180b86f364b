import t from 'tap';
import { basicAuthorization, credentialsOf } from '../../src/net/credentials.ts';

t.test('the user part of a URL becomes Basic credentials', async (t) => {
  const header = (url: string) => basicAuthorization(credentialsOf(new URL(url)) ?? { username: '', password: '' });
  t.equal(header('https://user:pa%40ss@hooks.test/'), `Basic ${btoa('user:pa@ss')}`);
  t.equal(header('https://user@hooks.test/'), `Basic ${btoa('user:')}`);
  t.equal(header('https://user:100%@hooks.test/'), `Basic ${btoa('user:100%')}`);
  t.equal(credentialsOf(new URL('https://hooks.test/')), undefined);
});
