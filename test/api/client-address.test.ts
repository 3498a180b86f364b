import t from 'tap';
import { clientAddress } from '../../src/api/client-address.ts';

t.test('a reverse proxy nearby says who asks, nobody else does', (t) => {
  for (const [ip, forwarded, expected] of [
    ['203.0.113.1', undefined, '203.0.113.1'],
    ['203.0.113.1', '198.51.100.1', '203.0.113.1'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::1', '2001:db8::1', '2001:db8::1'],
    ['::ffff:172.18.0.2', '192.0.2.9, 198.51.100.1', '198.51.100.1'],
    ['fd00::2', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '198.51.100.1, unknown', '10.0.0.1'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['', '198.51.100.1', ''],
  ] as const) {
    t.equal(clientAddress({ ip, headers: { 'x-forwarded-for': forwarded } }), expected, `${ip} ${forwarded}`);
  }
  t.end();
});
