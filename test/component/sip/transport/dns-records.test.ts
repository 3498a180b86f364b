import t from 'tap';
import { systemDns } from '../../../../src/component/sip/transport/dns-records.ts';
import { UriResolver } from '../../../../src/component/sip/transport/uri-resolver.ts';
import { AddressGuard } from '../../../../src/net/address-guard.ts';
import { naptrData, openDnsServer, recordTypes, srvData } from './dns-server.ts';

t.test('a domain is found by its NAPTR and SRV records', async (t) => {
  const server = await openDnsServer(t, (name, type) => {
    if (name === 'example.org' && type === recordTypes.naptr) {
      return [
        naptrData(20, 1, 'SIP+D2T', '_sip._tcp.example.org'),
        naptrData(10, 2, 'SIP+D2U', '_sip._udp.example.org'),
        naptrData(10, 1, 'SIPS+D2T', '_sips._tcp.example.org'),
      ];
    }
    if (type !== recordTypes.srv) return undefined;
    if (name === '_sips._tcp.example.org') return [srvData(0, 0, 0, '')];
    if (name === '_sip._udp.example.org') return [srvData(1, 0, 5071, 'localhost')];
    return name === '_sip._tcp.example.org' ? [srvData(1, 0, 5072, 'localhost')] : undefined;
  });
  const dns = systemDns([server]);
  t.ok((await dns.addresses('localhost')).length > 0, 'addresses are those of the system');
  const addresses = async (host: string) => (host === 'localhost' ? ['127.0.0.1'] : []);
  const resolver = new UriResolver({ dns: { ...dns, addresses }, guard: new AddressGuard(), seed: '' });
  t.strictSame(await resolver.resolve('sip:example.org'), [
    { protocol: 'udp', address: '127.0.0.1', port: 5071 },
    { protocol: 'tcp', address: '127.0.0.1', port: 5072 },
  ]);
});

t.test('a name without records, and a server that does not exist, have none', async (t) => {
  const dns = systemDns([await openDnsServer(t, () => undefined)]);
  t.strictSame(await dns.naptr('example.org'), []);
  t.strictSame(await dns.srv('_sip._udp.example.org'), []);
  t.strictSame(await dns.addresses('nobody.invalid'), []);
  const nobody = systemDns(['127.0.0.1:1']);
  t.strictSame(await nobody.naptr('example.org'), []);
});
