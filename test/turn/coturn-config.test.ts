import t from 'tap';
import { type CoturnOptions, coturnConfig } from '../../src/turn/coturn-config.ts';

const options: CoturnOptions = {
  listenIps: ['10.0.0.5', 'fd00::5'],
  relayIp: '10.0.0.5',
  announcedIp: '10.0.0.5',
  udpPort: 50_000,
  relayPorts: { min: 50_001, max: 50_100 },
  relayThreads: 3,
  allocationsPerPeer: 12,
  secret: 'hush',
  consolePassword: 'whisper',
  folder: '/tmp/x',
};

const lines = (changes: Partial<CoturnOptions> = {}) => coturnConfig({ ...options, ...changes }).split('\n');

t.test('coturn relays to the media address only', async (t) => {
  const plain = lines();
  for (const line of [
    'denied-peer-ip=0.0.0.0-255.255.255.255',
    'denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'no-multicast-peers',
    'no-tcp-relay',
    'cli',
    'cli-ip=127.0.0.1',
    'cli-port=0',
    'cli-password=whisper',
    'user-quota=12',
    'use-auth-secret',
    'static-auth-secret=hush',
    'fingerprint',
    'no-tcp',
    'no-tls',
    'no-dtls',
    'min-port=50001',
    'max-port=50100',
    'relay-threads=3',
  ]) {
    t.ok(plain.includes(line), line);
  }
  t.same(
    plain.filter((line) => line.startsWith('allowed-peer-ip')),
    ['allowed-peer-ip=10.0.0.5'],
  );
  t.notOk(plain.some((line) => line.startsWith('allow-loopback') || line.startsWith('external-ip')));
});

t.test('loopback peers are allowed only when the media address is one', async (t) => {
  for (const relayIp of ['127.0.0.1', '::1']) t.ok(lines({ relayIp }).includes('allow-loopback-peers'), relayIp);
});

t.test('a separate TCP port is an auxiliary server', async (t) => {
  const aux = (tcpPort: number) => lines({ tcpPort }).filter((line) => line.startsWith('aux-server'));
  t.same(aux(443), ['aux-server=10.0.0.5:443', 'aux-server=[fd00::5]:443']);
  t.same(aux(50_000), [], 'the same number needs none');
  t.notOk(lines({ tcpPort: 443 }).includes('no-tcp'));
});

t.test('behind NAT the external address is set, and TLS has its port and files', async (t) => {
  t.ok(lines({ announcedIp: '203.0.113.5' }).includes('external-ip=203.0.113.5/10.0.0.5'));
  const tls = lines({ tls: { port: 5349, keyPath: '/k', certPath: '/c' } });
  for (const line of ['tls-listening-port=5349', 'cert=/c', 'pkey=/k', 'no-tlsv1', 'no-tlsv1_1']) {
    t.ok(tls.includes(line), line);
  }
  t.notOk(tls.includes('no-tls'));
});

t.test('an option with a line break is refused', async (t) => {
  const tls = { port: 5349, keyPath: '/k\nno-auth', certPath: '/c' };
  t.throws(() => lines({ tls }), /line feed/);
});
