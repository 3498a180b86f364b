import { inspect } from 'node:util';
import t from 'tap';
import { accountOf, parseRegistrarAddress, registrarUri } from '../../../src/component/sip/account.ts';

t.test('addresses of registrars', async (t) => {
  const uris = {
    'example.org': 'sip:example.org',
    ' EXAMPLE.org. ': 'sip:example.org.',
    'example.org:5070': 'sip:example.org:5070',
    '192.0.2.1:1': 'sip:192.0.2.1:1',
    'sip:pbx': 'sip:pbx',
    'SIPS:example.org:65535': 'sips:example.org:65535',
    'example.org;transport=TCP': 'sip:example.org;transport=tcp',
    'sip:example.org:5061;transport=tls': 'sip:example.org:5061;transport=tls',
    '[2001:db8::1]:5060': 'sip:[2001:db8::1]:5060',
    '2001:db8::1': 'sip:[2001:db8::1]',
    '_sip._udp.example.org': 'sip:_sip._udp.example.org',
  };
  for (const [address, uri] of Object.entries(uris))
    t.equal(registrarUri(parseRegistrarAddress(address)), uri, address);
  for (const address of [
    ...['', ' ', 'a b', 'user@example.org', 'http:example.org', 'example.org:0', 'example.org:65536', 'example.org:'],
    ...['1.2.3', '1.2.3.4.5', 'a..b', '-a', 'a-', '.a', '[::1', '[x]', '[1.2.3.4]', 'a;transport=sctp', 'a;lr'],
    ...['sips:a;transport=udp', 'a\r\nb', 'ä.example', `${'a'.repeat(64)}.org`, 'a.'.repeat(300), 'x'.repeat(100_000)],
  ]) {
    t.throws(() => parseRegistrarAddress(address), { code: 'bad_address' }, address.slice(0, 40));
  }
});

t.test('the password of an account is not printed', async (t) => {
  const account = accountOf({ address: 'a', username: 'u', password: 'geheim' });
  t.equal(account.password.reveal(), 'geheim');
  t.notMatch(JSON.stringify(account) + inspect(account, { depth: 9 }), /geheim/);
});
