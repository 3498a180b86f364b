import t from 'tap';
import { readConfig } from '../../src/config/config.ts';

const machine = { hostname: 'host', cores: 1, addresses: ['127.0.0.1'] };
const read = async (variables: Record<string, string>) =>
  await readConfig({ JITSI_ADMIN_SERVERS: '[]', ...variables }, machine);

t.test('nothing is scheduled without servers', async (t) => {
  t.equal((await readConfig({ JITSI_ADMIN_TIMEZONE: 'UTC' }, machine)).scheduling, undefined);
});

t.test('the time zone is a name of the tz database', async (t) => {
  t.equal((await read({})).scheduling?.timeZone, 'Europe/Berlin');
  for (const name of ['UTC', 'Asia/Kolkata', 'europe/london', 'MET', 'Etc/GMT+5']) {
    t.equal((await read({ JITSI_ADMIN_TIMEZONE: name })).scheduling?.timeZone, name);
  }
  for (const wrong of ['', 'Europe/Nowhere', '+02:00', 'Europe/Berlin ', 'Berlin']) {
    await t.rejects(read({ JITSI_ADMIN_TIMEZONE: wrong }), { name: 'ConfigError', message: /JITSI_ADMIN_TIMEZONE/ });
  }
});
