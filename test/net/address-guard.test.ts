import type { LookupAddress } from 'node:dns';
import t from 'tap';
import { AddressGuard } from '../../src/net/address-guard.ts';

const refused = [
  '0.0.0.0',
  '0.1.2.3',
  '::',
  '0:0:0:0:0:0:0:0',
  '169.254.169.254',
  '169.254.0.1',
  '169.254.170.2',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '2852039166',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  '224.0.0.1',
  '239.255.255.250',
  '255.255.255.255',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'ff02::1',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fd00:42::42',
  // inside IPv6: mapped, compatible, translated, NAT64 (both), 6to4, Teredo (server, client), ISATAP
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '0:0:0:0:0:ffff:a9fe:a9fe',
  '::ffff:0.0.0.0',
  '::169.254.169.254',
  '::a9fe:a9fe',
  '::ffff:0:169.254.169.254',
  '64:ff9b::169.254.169.254',
  '64:ff9b::6464:64c8',
  '64:ff9b:1::8.8.8.8',
  '2002:a9fe:a9fe::1',
  '2002:e000:1::',
  '2001:0:a9fe:a9fe::',
  '2001:0:808:808:0:0:5601:5601',
  '2001:db8::5efe:169.254.169.254',
  '2001:db8::200:5efe:a9fe:a9fe',
  // not addresses
  '',
  'localhost',
  '1.2.3.4.5',
  'example.org',
];

const permitted = [
  '127.0.0.1',
  '127.1.2.3',
  '::1',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '100.100.100.201',
  '8.8.8.8',
  '1.0.0.1',
  '169.253.255.255',
  '169.255.0.0',
  '223.255.255.255',
  '2606:4700::1111',
  'fd00::1',
  'fec0::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::8.8.8.8',
  '2002:808:808::1',
  '2001:0:808:808:0:0:f7f7:f7f7',
  '2001:db8::5efe:8.8.8.8',
];

t.test('without lists everything but the always refused addresses is permitted', (t) => {
  const guard = new AddressGuard();
  for (const address of refused) t.notOk(guard.permits(address), `refuses ${address}`);
  for (const address of permitted) t.ok(guard.permits(address), `permits ${address}`);
  t.end();
});

t.test('no list permits what is always refused', (t) => {
  const guard = new AddressGuard({ allow: ['0.0.0.0/0', '::/0'] });
  for (const address of refused) t.notOk(guard.permits(address), address);
  t.end();
});

t.test('denied networks are refused, with the allowed ones as exceptions', (t) => {
  const guard = new AddressGuard({
    deny: ['10.0.0.0/8', 'fd00::/8', '127.0.0.1/32'],
    allow: ['10.1.0.0/16', 'fd00::1/128'],
  });
  for (const address of [
    '10.0.0.1',
    '10.255.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '2002:a00:1::',
    'fd00::2',
    '127.0.0.1',
  ])
    t.notOk(guard.permits(address), `refuses ${address}`);
  for (const address of ['10.1.0.1', '::ffff:10.1.0.1', '64:ff9b::10.1.0.1', 'fd00::1', '127.0.0.2', '8.8.8.8'])
    t.ok(guard.permits(address), `permits ${address}`);
  t.end();
});

t.test('when everything is denied, only allowed networks are permitted', (t) => {
  const guard = new AddressGuard({ deny: ['0.0.0.0/0', '::/0'], allow: ['203.0.113.0/24'] });
  t.ok(guard.permits('203.0.113.7'));
  t.notOk(guard.permits('203.0.114.7'));
  t.notOk(guard.permits('2606:4700::1111'));
  t.end();
});

t.test('an entry that is not a network is an error', (t) => {
  t.throws(() => new AddressGuard({ deny: ['10.0.0.0'] }));
  t.throws(() => new AddressGuard({ allow: ['intranet/8'] }));
  t.end();
});

/** What a lookup of a name with these addresses hands to `net.connect`. */
function lookUp(answer: LookupAddress[] | NodeJS.ErrnoException, options: { all?: boolean }): Promise<unknown[]> {
  const guard = new AddressGuard({
    resolve: (_name, _options, callback) => (answer instanceof Error ? callback(answer, []) : callback(null, answer)),
  });
  return new Promise((resolve) => guard.lookup('receiver.test', options, (...values) => resolve(values)));
}

const good = { address: '192.0.2.1', family: 4 };
const bad = { address: '169.254.169.254', family: 4 };
const mapped = { address: '::ffff:169.254.169.254', family: 6 };

t.test('a lookup returns permitted addresses only', async (t) => {
  t.strictSame(await lookUp([bad, good, mapped], { all: true }), [null, [good]]);
  t.strictSame(await lookUp([bad, good], {}), [null, good.address, 4]);
});

t.test('a name without permitted addresses is refused', async (t) => {
  for (const all of [true, false]) t.match(await lookUp([bad, mapped], { all }), [{ code: 'refusedAddress' }]);
});

t.test('errors of the resolver are passed on', async (t) => {
  const error = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  t.match(await lookUp(error, { all: true }), [error]);
});
