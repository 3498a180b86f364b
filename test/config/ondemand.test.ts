import t from 'tap';
import { readConfig } from '../../src/config/config.ts';

const machine = { hostname: 'host', cores: 1, addresses: ['127.0.0.1'] };
const read = async (variables: Record<string, string>) =>
  await readConfig({ JOD_ACCOUNTS_FILE: '/accounts.json', ...variables }, machine);

t.test('nobody orders recorders without a file of accounts', async (t) => {
  const { onDemand } = await readConfig({ JOD_POOL_SIZE: '2' }, machine);
  t.equal(onDemand, undefined);
});

t.test('recorders have addresses with or without a port', async (t) => {
  const { onDemand } = await read({ JOD_RECORDER_ADDRESSES: '10.0.0.5, 10.0.0.6:2223,::1 [::1]:4000,[fd00::2]' });
  t.strictSame(onDemand?.recorderAddresses, [
    { ip: '10.0.0.5', port: 2222 },
    { ip: '10.0.0.6', port: 2223 },
    { ip: '::1', port: 2222 },
    { ip: '::1', port: 4000 },
    { ip: 'fd00::2', port: 2222 },
  ]);
  const malformed = ['recorder.example', '10.0.0.5:', '10.0.0.5:0', '10.0.0.5:65536', '10.0.0.5:22x', '[10.0.0.5'];
  const nobodys = ['0.0.0.0', '[::]:2222', '::ffff:0.0.0.0', '224.0.0.1', 'ff02::1', '255.255.255.255'];
  for (const wrong of [...malformed, ...nobodys]) {
    await t.rejects(read({ JOD_RECORDER_ADDRESSES: wrong }), {
      name: 'ConfigError',
      message: /JOD_RECORDER_ADDRESSES/,
    });
  }
});

t.test('locations have the whole pool or a number of recorders', async (t) => {
  const { onDemand } = await read({ JOD_LOCATIONS: 'FRA:4, ams' });
  t.strictSame(
    [...(onDemand?.locations ?? [])],
    [
      ['fra', 4],
      ['ams', undefined],
    ],
  );
  t.equal((await read({})).onDemand?.locations.size, 8, 'all of them');
  for (const wrong of ['par', 'fra:', 'fra:-1', 'fra:x', 'fra:1,fra:2', 'fra:1.5']) {
    await t.rejects(read({ JOD_LOCATIONS: wrong }), { name: 'ConfigError', message: /JOD_LOCATIONS/ });
  }
});

t.test('the port of Jibri is left to recorders on demand only where it was asked for', async (t) => {
  const standard = { ip: '127.0.0.1', port: 2222, required: false };
  t.strictSame((await read({})).jibri.external, standard);
  t.strictSame((await read({ JOD_RECORDER_ADDRESSES: '127.0.0.1:2223,127.0.0.2' })).jibri.external, standard);
  t.equal((await read({ JOD_RECORDER_ADDRESSES: '127.0.0.1' })).jibri.external, undefined);
  const both = { JOD_RECORDER_ADDRESSES: '127.0.0.1', JIBRI_HTTP_API_EXTERNAL_PORT: '2222' };
  t.strictSame((await read(both)).jibri.external, { ...standard, required: true }, 'the operator wants both');
});
