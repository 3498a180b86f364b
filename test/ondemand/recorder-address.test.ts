import t from 'tap';
import { readConfig } from '../../src/config/config.ts';
import { poolAddresses, writeAddress } from '../../src/ondemand/recorder-address.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { silentLogger } from '../log/silent-logger.ts';

const machine = { hostname: 'host', cores: 1, addresses: ['127.0.0.1', '192.0.2.1'] };
const resolve = async (name: string) => {
  if (name !== 'media.example') throw new Error('ENOTFOUND');
  return { address: '198.51.100.9' };
};

async function addresses(variables: Record<string, string>) {
  const config = await readConfig({ JOD_ACCOUNTS_FILE: '/accounts.json', ...variables }, machine);
  return (await poolAddresses(config, { clock: new HeldClock(), logger: silentLogger, resolve })).map(writeAddress);
}

t.test('addresses with the port of Jibri come first, each once', async (t) => {
  const given = '10.0.0.5:2223,10.0.0.6,[::1]:4000,10.0.0.6:2222,10.0.0.5';
  t.strictSame(await addresses({ JOD_RECORDER_ADDRESSES: given }), [
    ...['10.0.0.6:2222', '10.0.0.5:2222'],
    ...['10.0.0.5:2223', '[::1]:4000'],
  ]);
});

t.test('without addresses the public one has ports from 2222 on', async (t) => {
  const ports = (ip: string, first: number) => [0, 1, 2, 3].map((index) => `${ip}:${first + index}`);
  t.strictSame(await addresses({ FJ_WEBRTC_TURN_IP: '203.0.113.7' }), ports('203.0.113.7', 2222));
  const three = await addresses({ FJ_WEBRTC_TURN_IP: '203.0.113.7', FJ_HOST: 'media.example', JOD_POOL_SIZE: '3' });
  t.strictSame(three, ports('203.0.113.7', 2222).slice(0, 3));
  t.strictSame(await addresses({ FJ_HOST: 'media.example:443/path' }), ports('198.51.100.9', 2222));
  t.strictSame(await addresses({ FJ_HOST: '203.0.113.8:8080' }), ports('203.0.113.8', 2222));
  for (const host of ['', '127.0.0.1:5002', 'localhost', '0.0.0.0:5002', 'unknown.example']) {
    t.strictSame(
      await addresses({ FJ_HOST: host, JIBRI_HTTP_API_EXTERNAL_PORT: 'off' }),
      ports('127.0.0.1', 2222),
      host,
    );
  }
});

t.test('the recorders of Jibri keep their ports', async (t) => {
  t.strictSame((await addresses({}))[0], '127.0.0.1:2223', 'its port of the standard');
  const jibri = {
    ...{ JIBRI_HTTP_API_EXTERNAL_PORT: '2224', JIBRI_HTTP_API_EXTERNAL_HOST: '0.0.0.0' },
    ...{ JIBRI_SLOT_LISTENERS: '127.0.0.1:2222', JIBRI_HTTP_API_INTERNAL_PORT: '2225' },
  };
  t.strictSame(await addresses(jibri), ['127.0.0.1:2223', '127.0.0.1:2226', '127.0.0.1:2227', '127.0.0.1:2228']);
  t.strictSame(await addresses({ ...jibri, JOD_RECORDER_ADDRESSES: '127.0.0.1,127.0.0.2,10.0.0.5:2224' }), [
    '127.0.0.2:2222',
  ]);
});
