import type { NaptrRecord, SrvRecord } from 'node:dns';
import t from 'tap';
import type { DnsRecords } from '../../../../src/component/sip/transport/dns-records.ts';
import { UriResolver } from '../../../../src/component/sip/transport/uri-resolver.ts';
import { AddressGuard } from '../../../../src/net/address-guard.ts';

interface Zone {
  readonly naptr?: Readonly<Record<string, readonly NaptrRecord[]>>;
  readonly srv?: Readonly<Record<string, readonly SrvRecord[]>>;
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
}

/** A resolver that asks a zone, and the questions it asked. */
function openResolver({ naptr = {}, srv = {}, addresses = {} }: Zone, guard = new AddressGuard()) {
  const questions: string[] = [];
  const answers = <T>(type: string, records: Readonly<Record<string, readonly T[]>>) => {
    return async (name: string): Promise<readonly T[]> => {
      questions.push(`${type} ${name}`);
      return records[name] ?? [];
    };
  };
  const dns: DnsRecords = {
    naptr: answers('naptr', naptr),
    srv: answers('srv', srv),
    addresses: answers('address', addresses),
  };
  return { resolver: new UriResolver({ dns, guard, seed: 'seed' }), questions };
}

const naptr = (order: number, service: string, replacement: string): NaptrRecord => ({
  ...{ flags: 's', regexp: '', preference: 50 },
  ...{ order, service, replacement },
});
const srv = (name: string, priority = 1, port = 5060): SrvRecord => ({ name, priority, port, weight: 1 });

async function hopsOf(zone: Zone, uri: string): Promise<string[]> {
  const hops = await openResolver(zone).resolver.resolve(uri);
  return hops.map(({ protocol, address, port, serverName }) =>
    [protocol, address, port, ...(serverName === undefined ? [] : [serverName])].join(' '),
  );
}

t.test('an address, a port or a local name needs no question but that for its address', async (t) => {
  const zone = { addresses: { 'pbx.example': ['192.0.2.1', '2001:db8::1'], pbx: ['192.0.2.9'] } };
  t.strictSame(await hopsOf(zone, 'sip:192.0.2.7'), ['udp 192.0.2.7 5060']);
  t.strictSame(await hopsOf(zone, 'sip:[2001:db8::7]:5070;transport=TCP'), ['tcp 2001:db8::7 5070']);
  t.strictSame(await hopsOf(zone, 'sips:192.0.2.7'), ['tls 192.0.2.7 5061']);
  t.strictSame(await hopsOf(zone, 'sip:pbx.example:5070'), ['udp 192.0.2.1 5070', 'udp 2001:db8::1 5070']);
  t.strictSame(await hopsOf(zone, 'sip:pbx'), ['udp 192.0.2.9 5060']);
  t.strictSame(await hopsOf(zone, 'sips:pbx.example:5070;transport=tcp'), [
    'tls 192.0.2.1 5070 pbx.example',
    'tls 2001:db8::1 5070 pbx.example',
  ]);
  t.strictSame(await hopsOf(zone, 'sip:a@b.example;maddr=192.0.2.5'), ['udp 192.0.2.5 5060']);
  const { resolver, questions } = openResolver(zone);
  await resolver.resolve('sip:pbx.example:5060');
  t.strictSame(questions, ['address pbx.example']);
});

const addresses = { 'one.example': ['192.0.2.1'], 'two.example': ['192.0.2.2'], 'example.org': ['192.0.2.99'] };

t.test('an address is as messages from there have it, however it is written', async (t) => {
  t.strictSame(await hopsOf({}, 'sip:[2001:DB8:0::07]'), ['udp 2001:db8::7 5060']);
  t.strictSame(await hopsOf({}, 'sip:[::ffff:192.0.2.7]'), ['udp 192.0.2.7 5060']);
  t.strictSame(await hopsOf({ addresses: { pbx: ['::ffff:192.0.2.9'] } }, 'sip:pbx'), ['udp 192.0.2.9 5060']);
});

t.test('NAPTR says which protocols a domain wants, in its order', async (t) => {
  const zone: Zone = {
    naptr: {
      'example.org': [
        naptr(90, 'SIP+D2U', '_sip._udp.example.org'),
        naptr(50, 'SIPS+D2T', 'tls.example.org'),
        naptr(10, 'SIP+D2S', '_sip._sctp.example.org'),
        naptr(10, 'E2U+email', 'mail.example.org'),
      ],
    },
    srv: { '_sip._udp.example.org': [srv('two.example')], 'tls.example.org': [srv('one.example', 1, 5061)] },
    addresses,
  };
  t.strictSame(await hopsOf(zone, 'sip:example.org'), ['tls 192.0.2.1 5061 example.org', 'udp 192.0.2.2 5060']);
  t.strictSame(await hopsOf(zone, 'sips:example.org'), ['tls 192.0.2.1 5061 example.org'], 'SIPS is TLS alone');
});

t.test('servers of SRV are in the order of their priority', async (t) => {
  const zone: Zone = {
    srv: {
      '_sip._udp.example.org': [srv('two.example', 20), srv('one.example', 10, 5070)],
      '_sip._tcp.example.org': [srv('one.example')],
    },
    addresses,
  };
  const udp = ['udp 192.0.2.1 5070', 'udp 192.0.2.2 5060'];
  t.strictSame(await hopsOf(zone, 'sip:example.org'), [...udp, 'tcp 192.0.2.1 5060']);
  t.strictSame(await hopsOf(zone, 'sip:example.org;transport=udp'), udp);
  t.strictSame(await hopsOf(zone, 'sip:example.org;transport=tls'), ['tls 192.0.2.99 5061 example.org']);
  t.strictSame(await hopsOf(zone, 'sips:example.org'), ['tls 192.0.2.99 5061 example.org']);
});

t.test('a domain without SRV is its own server', async (t) => {
  t.strictSame(await hopsOf({ addresses }, 'sip:example.org'), ['udp 192.0.2.99 5060']);
  const { resolver, questions } = openResolver({ addresses });
  await resolver.resolve('sip:example.org;transport=tcp');
  t.strictSame(questions, ['srv _sip._tcp.example.org', 'address example.org'], 'NAPTR is for an open choice');
});

t.test('a domain that says that it has no service is not called', async (t) => {
  const zone = { srv: { '_sip._udp.example.org': [srv('')] }, addresses };
  await t.rejects(hopsOf(zone, 'sip:example.org'), { code: 'unresolved' });
});

t.test('what has no address is unresolved, and so is what is no URI or asks for something else', async (t) => {
  const uris = ['sip:nobody.example', 'sip:example.org;transport=ws', 'sips:example.org;transport=udp', 'tel:1', ''];
  for (const uri of [...uris, 'sip:example.org;transport']) {
    await t.rejects(hopsOf({ addresses }, uri), { code: 'unresolved' }, uri);
  }
});

t.test('addresses that are not permitted are left out', async (t) => {
  const zone = { srv: { '_sip._udp.example.org': [srv('one.example'), srv('two.example', 2)] }, addresses };
  const guard = new AddressGuard({ deny: ['192.0.2.1/32'] });
  const { resolver } = openResolver(zone, guard);
  t.strictSame(await resolver.resolve('sip:example.org'), [{ protocol: 'udp', address: '192.0.2.2', port: 5060 }]);
  await t.rejects(resolver.resolve('sip:192.0.2.1'), { code: 'refused_address' });
  await t.rejects(resolver.resolve('sip:169.254.169.254'), { code: 'refused_address' });
});

t.test('a domain with thousands of records costs some questions', async (t) => {
  const many = Array.from({ length: 5000 }, (_, index) => srv(`${index}.example`));
  const plenty = Array.from({ length: 5000 }, (_, index) => `192.0.2.${index % 256}`);
  const all = Object.fromEntries(many.map(({ name }) => [name, plenty]));
  const { resolver, questions } = openResolver({ srv: { '_sip._udp.example.org': many }, addresses: all });
  t.equal((await resolver.resolve('sip:example.org')).length, 20);
  t.ok(questions.length < 20, `${questions.length} questions`);
});
