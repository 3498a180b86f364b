// docs/contracts/jibri.md 2.1: which ports are there, and what happens when they are taken.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { JibriListeners } from '../../../src/api/jibri/jibri-listeners.ts';
import { readConfig } from '../../../src/config/config.ts';
import { RunningJibri } from '../../jibri/running-jibri.ts';

async function takenPort(t: Test): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

t.test('variables say which ports, slots and program there are', async (t) => {
  const read = async (variables: Record<string, string>) => (await readConfig(variables)).jibri;
  t.match(await read({}), {
    external: { ip: '127.0.0.1', port: 2222, required: false },
    internal: undefined,
    slots: 1,
  });
  t.match(await read({ JIBRI_HTTP_API_EXTERNAL_PORT: '2222' }), { external: { required: true } });
  t.equal((await read({ JIBRI_HTTP_API_EXTERNAL_PORT: 'off' })).external, undefined);
  t.match(await read({ JIBRI_HTTP_API_INTERNAL_PORT: '3333' }), { internal: { ip: '127.0.0.1', port: 3333 } });
  const slots = await read({ JIBRI_SLOT_LISTENERS: '127.0.0.2:2222, [::1]:2223', JIBRI_INSTANCE_ID: 'a:b' });
  const listeners = [
    { ip: '127.0.0.2', port: 2222 },
    { ip: '::1', port: 2223 },
  ];
  t.match(slots, { slots: 3, slotListeners: listeners, instanceId: 'a-b' }, 'a listener has a slot');
  const bad = { JIBRI_SLOT_LISTENERS: 'host:1', JIBRI_RTMP_ALLOW_LIST: '(', JIBRI_WEBHOOK_SUBSCRIBERS: 'ftp://x' };
  for (const [name, value] of Object.entries({ ...bad, JIBRI_HTTP_API_EXTERNAL_PORT: 'x', JIBRI_API_AUTH: 'x' })) {
    await t.rejects(readConfig({ [name]: value }), { message: new RegExp(`^Bad ${name} .*got: `) }, name);
  }
  const program = { JIBRI_RECORDING_RESOLUTION: '640x360', JIBRI_RECORDING_FRAMERATE: '30' };
  t.match((await readConfig(program)).program, { width: 640, height: 360, frameRate: 30 });
  const both = { ...program, SHOAL_PROGRAM_SIZE: '320x180', SHOAL_PROGRAM_FRAME_RATE: '24' };
  t.match(await readConfig(both), {
    program: { width: 320, height: 180, frameRate: 24 },
    warnings: [
      /^The environment variable JIBRI_RECORDING_RESOLUTION is ignored/,
      /JIBRI_RECORDING_FRAMERATE is ignored/,
    ],
  });
  const same = { ...program, SHOAL_PROGRAM_SIZE: '640x360' };
  t.strictSame((await readConfig(same)).warnings, []);
});

t.test('without settings the recorder API listens on 127.0.0.1:2222, the internal API does not', async (t) => {
  const { jibri, resourcesBasePath } = await readConfig({ JIBRI_INSTANCE_ID: 'x', JIBRI_JWT_KEY_PATH: '/k' });
  t.strictSame(jibri, {
    external: { ip: '127.0.0.1', port: 2222, required: false },
    instanceId: 'x',
    slots: 1,
    slotListeners: [],
    singleUse: false,
    recordings: `${resourcesBasePath}/jibri_recordings`,
    subscribers: [],
    token: { keyPath: '/k', keyId: '', issuer: '', audience: '', lifetime: 3_600_000 },
    prometheus: false,
    allowList: ['.*'],
    limits: { callEmpty: 30_000, noMedia: 180_000, allMuted: 600_000, transport: 30_000, usage: 0 },
    tokenRequired: true,
    callHosts: [],
    autoCreateRoom: true,
    callLoginRequired: true,
    internalExit: false,
  });
  const set = { JIBRI_USAGE_TIMEOUT: '2', JIBRI_NO_MEDIA_TIMEOUT: '5', JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: '/f' };
  t.match((await readConfig(set)).jibri, { limits: { usage: 120_000, noMedia: 5000 }, finalizeScript: '/f' });
});

t.test('a standard port in use is tolerated, a configured one is not', async (t) => {
  const { jibri } = await RunningJibri.start(t);
  const { jibri: config } = await readConfig({});
  const external = { ip: '127.0.0.1', port: await takenPort(t) };
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
  const { slotListeners } = config;
  const without = await JibriListeners.start(jibri, { ...config, external: { ...external, required: false } }, logger);
  t.strictSame(without.ports, []);
  t.match(lines, [/port \d+: it is in use/]);
  await without.close();
  const free = { ip: '127.0.0.1', port: 0 };
  const asked = { ...config, slotListeners: [...slotListeners, free], external: { ...external, required: true } };
  await t.rejects(JibriListeners.start(jibri, asked, logger), { message: /in use.* JIBRI_HTTP_API_EXTERNAL_PORT/ });
  await t.rejects(
    JibriListeners.start(jibri, { ...config, external: { ...free, required: true }, internal: external }, logger),
    {
      message: /in use.* JIBRI_HTTP_API_INTERNAL_PORT/,
    },
  );
});

t.test('ports of recorders open and close one by one while the server runs', async (t) => {
  const jibri = await RunningJibri.start(t);
  const { listeners } = jibri;
  const open = (id: string, port = 0) => listeners.open(jibri.jibri.slots.add(id), { ip: '127.0.0.1', port });
  const [first, second] = await Promise.all([open('first'), open('second')]);
  t.strictSame(listeners.ports, [...jibri.ports, first.port, second.port]);
  await t.rejects(open('third', first.port), { message: /in use.* JOD_RECORDER_ADDRESSES/ });
  const request = 'GET /jibri/api/v1.0/health HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const sockets = [first, second].map(({ port }) => connect(port, '127.0.0.1'));
  const [ofFirst, ofSecond] = sockets as [(typeof sockets)[0], (typeof sockets)[0]];
  for (const socket of sockets) socket.write(request);
  for (const socket of sockets) t.match(String((await once(socket, 'data'))[0]), /"IDLE"/);
  const halfRequest = connect(first.port, '127.0.0.1');
  halfRequest.write(request.slice(0, 20));
  await once(halfRequest, 'connect');
  const ends = [ofFirst, halfRequest].map((socket) => once(socket, 'close'));
  for (const socket of [ofFirst, halfRequest]) socket.on('error', () => undefined);
  await first.close();
  await Promise.all(ends);
  await t.rejects(jibri.ask('GET', 'health', undefined, { port: first.port }), { code: 'ECONNREFUSED' });
  ofSecond.write(request);
  t.match(String((await once(ofSecond, 'data'))[0]), /"IDLE"/, 'the other one is not touched');
  const again = await open('again', first.port);
  t.match(await jibri.ask('GET', 'health', undefined, { port: again.port }), { status: 200 }, 'the port is free again');
  const late = t.rejects(open('late'), { code: 'serverStopping' });
  const closed = once(ofSecond, 'close');
  await listeners.close();
  await closed;
  await late;
  await second.close();
});
