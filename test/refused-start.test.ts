// What cannot run ends at once, with one sentence that says why, and leaves nothing behind.
import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { PortBlock } from './port-block.ts';
import { RunningProcess } from './running-process.ts';

const secretKeyBase = 'k'.repeat(64);
const productions = {
  'no token': [{ FJ_SECRET_KEY_BASE: secretKeyBase }, /FJ_SERVER_API_TOKEN/],
  'a short token': [{ FJ_SECRET_KEY_BASE: secretKeyBase, FJ_SERVER_API_TOKEN: 'short' }, /FJ_SERVER_API_TOKEN.*16/],
  'a short secret': [{ FJ_SECRET_KEY_BASE: 'short', FJ_SERVER_API_TOKEN: 't'.repeat(32) }, /FJ_SECRET_KEY_BASE.*32/],
  'an address that is none': [
    { FJ_SERVER_API_TOKEN: 't'.repeat(32), FJ_SECRET_KEY_BASE: secretKeyBase, FJ_IP: 'nowhere' },
    /Bad FJ_IP environment variable value\. Expected valid ip address, got: nowhere"/,
  ],
} as const;

for (const [what, [variables, message]] of Object.entries(productions)) {
  t.test(`production with ${what} does not start`, async (t) => {
    const shoal = await RunningProcess.start(t, { NODE_ENV: 'production', FJ_HOST: 'media.example', ...variables });
    const { code } = await shoal.ended;
    t.equal(code, 1);
    t.match(shoal.output, message);
    t.notMatch(shoal.output, /\n\s+at /, 'no stack');
    t.notMatch(shoal.output, /got: short|'short'/, 'and no secret');
  });
}

t.test('a port in use is explained', async (t) => {
  const occupied = createServer();
  await once(occupied.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => occupied.close());
  const port = String((occupied.address() as { port: number }).port);
  for (const variable of ['FJ_PORT', 'FJ_METRICS_PORT', 'FJ_WEBRTC_TURN_TCP_PORT', 'JIBRI_HTTP_API_EXTERNAL_PORT']) {
    const shoal = await RunningProcess.start(t, { [variable]: port });
    t.equal((await shoal.ended).code, 1);
    t.match(
      shoal.output,
      new RegExp(`^Shoal cannot start: .*${port}.*${variable}|${variable}.*${port}`, 'm'),
      variable,
    );
    t.notMatch(shoal.output, /\n\s+at /, 'no stack');
    t.ok(await shoal.portsAreFree());
  }
});

t.test('a SIP port in use is explained', async (t) => {
  const occupied = createServer();
  await once(occupied.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => occupied.close());
  const port = String((occupied.address() as { port: number }).port);
  const shoal = await RunningProcess.start(t, { FJ_SIP_IP: '127.0.0.1', SHOAL_SIP_PORT: port });
  t.equal((await shoal.ended).code, 1);
  t.match(shoal.output, new RegExp(`^Shoal cannot start: .*127.0.0.1 port ${port}: it is in use.*SHOAL_SIP_PORT`, 'm'));
  t.notMatch(shoal.output, /\n\s+at /, 'no stack');
});

const unusable = {
  'a certificate': { FJ_SSL_KEY_PATH: import.meta.filename, FJ_SSL_CERT_PATH: import.meta.filename },
  'a key of webhooks': { JIBRI_JWT_KEY_PATH: import.meta.filename },
};

for (const [what, variables] of Object.entries(unusable)) {
  t.test(`${what} that cannot be used is explained`, async (t) => {
    const shoal = await RunningProcess.start(t, variables);
    t.equal((await shoal.ended).code, 1);
    t.match(shoal.output, /^Shoal cannot start: Cannot use the .*\n$/m);
    t.notMatch(shoal.output, /\n\s+at /, 'no stack');
  });
}

t.test('a media port in use is explained', async (t) => {
  const occupied = await PortBlock.claim(t);
  const socket = createServer();
  await once(socket.listen(occupied.min, '127.0.0.1'), 'listening');
  t.teardown(() => socket.close());
  const range = { FJ_WEBRTC_TURN_PORT_RANGE: occupied.range, SHOAL_TURN: 'off', SHOAL_WEBRTC_SERVER: 'true' };
  const shoal = await RunningProcess.start(t, range);
  t.equal((await shoal.ended).code, 1);
  t.match(shoal.output, `Shoal cannot start: Media cannot listen on UDP and TCP 127.0.0.1 port ${occupied.min}: `);
  t.notMatch(shoal.output, /\n\s+at /, 'no stack');
});

const unusableFolders = [
  ['FJ_RESOURCES_BASE_PATH', '/proc/nope', 'ENOENT'],
  ['JIBRI_RECORDING_DIR', import.meta.filename, 'ENOTDIR'],
] as const;

for (const [variable, folder, code] of unusableFolders) {
  t.test(`a folder of ${variable} that cannot be used is explained`, async (t) => {
    const shoal = await RunningProcess.start(t, { [variable]: folder });
    t.equal((await shoal.ended).code, 1);
    t.match(shoal.output, `Shoal cannot start: Cannot create or read ${folder}: ${code}. Change ${variable}.\n`);
    t.notMatch(shoal.output, /\n\s+at /, 'no stack');
  });
}
