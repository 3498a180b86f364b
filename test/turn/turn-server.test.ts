import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { createLogger } from '../../src/log/logger.ts';
import type { TurnEntry } from '../../src/turn/turn-credentials.ts';
import { TurnServer, type TurnServerOptions } from '../../src/turn/turn-server.ts';
import { commandOutput } from '../command-output.ts';
import { PortBlock } from '../port-block.ts';
import { relayTo } from './turn-client.ts';

const logger = pino({ enabled: false });

async function startTurn(t: Test, options: Partial<TurnServerOptions> = {}): Promise<TurnServer> {
  const { udpPort, relayPorts } = (await PortBlock.claim(t)).turn;
  const ips = { listenIp: '127.0.0.1', announcedIp: '127.0.0.1' };
  const server = await TurnServer.start({ ...ips, udpPort, relayPorts, logger, allocationsPerPeer: 12, ...options });
  t.teardown(() => server.close());
  return server;
}

/** A peer that echoes what it gets and counts it. */
async function startEcho(t: Test): Promise<{ port: number; senders: number[] }> {
  const socket: Socket = createSocket('udp4');
  const senders: number[] = [];
  socket.on('message', (message, { address, port }) => {
    senders.push(port);
    socket.send(message, port, address);
  });
  const listening = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await listening;
  t.teardown(() => socket.close());
  return { port: socket.address().port, senders };
}

/** Allocates with coturn's client, which unlike the library's reports a refusal. @returns its output */
async function tryCoturnClient({ username, password, serverPort }: TurnEntry, peerPort: number): Promise<string> {
  const user = ['-u', username, '-w', password, '-p', String(serverPort)];
  const traffic = ['-e', '127.0.0.1', '-r', String(peerPort), '-n', '1', '-m', '1', '-c'];
  const client = commandOutput('turnutils_uclient', [...user, ...traffic, '127.0.0.1']);
  const { stdout, stderr } = await client.catch((failure: { stdout: string; stderr: string }) => failure);
  return stdout + stderr;
}

t.test('the server relays over UDP and TCP, from the relay ports', async (t) => {
  const { udpPort, tcpPort, relayPorts } = (await PortBlock.claim(t)).turn;
  const server = await startTurn(t, { udpPort, tcpPort, relayPorts });
  const echo = await startEcho(t);
  const entries = server.entriesFor('peer-1');
  t.match(entries, [
    { serverAddr: '127.0.0.1', serverPort: udpPort, transport: 'udp', username: /^\d+:peer-1$/ },
    { serverAddr: '127.0.0.1', serverPort: tcpPort, transport: 'tcp', username: /^\d+:peer-1$/ },
  ]);
  for (const entry of entries)
    t.same(await relayTo(entry, ['127.0.0.1', echo.port]), { answer: 'hello' }, entry.transport);
  t.equal(echo.senders.length, 2);
  t.ok(echo.senders.every((port) => port >= relayPorts.min && port <= relayPorts.max));
});

t.test('the server relays over TLS, without plain TCP', async (t) => {
  const folder = t.testdir();
  const keyPath = join(folder, 'key.pem');
  const certPath = join(folder, 'cert.pem');
  const files = ['-keyout', keyPath, '-out', certPath];
  await commandOutput('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=turn.test',
    ...files,
  ]);
  const { udpPort, tlsPort, relayPorts } = (await PortBlock.claim(t)).turn;
  const tls = { port: tlsPort, serverName: 'turn.test', keyPath, certPath };
  const server = await startTurn(t, { udpPort, relayPorts, tls });
  const entry = server.entriesFor('peer-1')[1];
  t.match(entry, { serverAddr: 'turn.test', serverPort: tlsPort, transport: 'tls' });
  const echo = await startEcho(t);
  t.same(await relayTo(entry, ['127.0.0.1', echo.port], '127.0.0.1'), { answer: 'hello' });
});

t.test('wrong, foreign and expired credentials are refused', async (t) => {
  const server = await startTurn(t);
  const echo = await startEcho(t);
  const [good] = server.entriesFor('peer-1');
  const [expired] = server.credentialsFor('peer-1', Date.now() - 49 * 3600 * 1000);
  if (!good || !expired) throw new Error('no entries');
  const wrong = [
    { ...good, password: 'wrong' },
    { ...good, username: good.username.replace('peer-1', 'peer-2') },
    expired,
  ];
  for (const entry of wrong) t.match(await tryCoturnClient(entry, echo.port), 'Cannot complete Allocation');
  t.same(echo.senders, []);
});

t.test('the server relays to the media address only', async (t) => {
  const server = await startTurn(t);
  const [entry] = server.entriesFor('peer-1');
  for (const ip of ['192.0.2.1', '127.0.0.2', '169.254.169.254', '10.0.0.1']) {
    t.same(await relayTo(entry, [ip, 9]), { refused: 403 }, ip);
  }
});

t.test('behind NAT clients may use the announced address as peer and reach the local one', async (t) => {
  const server = await startTurn(t, { announcedIp: '203.0.113.5', privateIp: '127.0.0.1' });
  const [entry] = server.entriesFor('peer-1');
  t.match(entry, { serverAddr: '203.0.113.5' });
  const echo = await startEcho(t);
  for (const ip of ['203.0.113.5', '127.0.0.1'])
    t.same(await relayTo(entry, [ip, echo.port], '127.0.0.1'), { answer: 'hello' }, ip);
});

t.test('with 0.0.0.0 the server listens on all addresses', async (t) => {
  const server = await startTurn(t, { listenIp: '0.0.0.0' });
  const [entry] = server.entriesFor('peer-1');
  const echo = await startEcho(t);
  t.same(await relayTo(entry, ['127.0.0.1', echo.port]), { answer: 'hello' });
});

t.test('a killed server is restarted, and credentials stay valid', async (t) => {
  const log = new EventEmitter();
  const lines = createLogger(
    { level: 'info', structured: true },
    { write: (line) => log.emit(JSON.parse(line).message) },
  );
  const server = await startTurn(t, { logger: lines });
  const [entry] = server.entriesFor('peer-1');
  const { pid } = server;
  if (pid === undefined) throw new Error('not running');
  const back = once(log, 'TURN server was restarted and responds again');
  process.kill(pid, 'SIGKILL');
  await back;
  t.not(server.pid, pid);
  const echo = await startEcho(t);
  t.same(await relayTo(entry, ['127.0.0.1', echo.port]), { answer: 'hello' });
});

t.test('close leaves no process, file or port', async (t) => {
  const temporaryFolder = t.testdir();
  const ports = (await PortBlock.claim(t)).turn;
  const server = await startTurn(t, { ...ports, temporaryFolder });
  const [folder = ''] = await readdir(temporaryFolder);
  const file = join(temporaryFolder, folder, 'turnserver.conf');
  t.equal((await stat(file)).mode & 0o777, 0o600);
  t.equal((await stat(join(temporaryFolder, folder))).mode & 0o777, 0o700);
  t.match(await readFile(file, 'utf8'), 'static-auth-secret=');
  const pid = Number(server.pid);
  const closed = server.close();
  t.equal(server.close(), closed);
  await closed;
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  t.same(await readdir(temporaryFolder), []);
  const again = await startTurn(t, { ...ports, temporaryFolder });
  await again.close();
});

t.test('a port in use is refused by name of its variable', async (t) => {
  const ports = (await PortBlock.claim(t)).turn;
  await startTurn(t, ports);
  const temporaryFolder = t.testdir();
  const second = startTurn(t, { ...ports, temporaryFolder });
  await t.rejects(second, {
    name: 'TurnError',
    message: /UDP 127\.0\.0\.1 port \d+: it is in use.*FJ_WEBRTC_TURN_PORT_RANGE/,
  });
  const other = (await PortBlock.claim(t)).turn;
  const third = startTurn(t, { ...other, tcpPort: ports.tcpPort });
  await t.rejects(third, {
    name: 'TurnError',
    message: /TCP 127\.0\.0\.1 port \d+: it is in use.*FJ_WEBRTC_TURN_TCP_PORT/,
  });
  t.same(await readdir(temporaryFolder), []);
});

t.test('a server that cannot start says why and leaves no files', async (t) => {
  const temporaryFolder = join(t.testdir({ temporary: {}, 'garbage.pem': 'garbage' }), 'temporary');
  const start = (options: Partial<TurnServerOptions>) => startTurn(t, { temporaryFolder, ...options });
  await t.rejects(start({ program: 'no-turnserver' }), { name: 'TurnError', message: /apt-get install coturn/ });
  await t.rejects(start({ program: '/bin/false' }), { name: 'TurnError', message: /exited during startup/ });
  await t.rejects(start({ listenIp: '192.0.2.1' }), { name: 'TurnError', message: /no such address/ });
  const { tlsPort } = (await PortBlock.claim(t)).turn;
  const tls = { port: tlsPort, serverName: 'x', keyPath: '/nowhere/key', certPath: '/nowhere/cert' };
  await t.rejects(start({ tls }), { name: 'StartError', message: /Cannot use the certificate .*ENOENT/ });
  const garbage = join(temporaryFolder, '..', 'garbage.pem');
  const broken = { ...tls, keyPath: garbage, certPath: garbage };
  await t.rejects(start({ tls: broken }), { name: 'StartError', message: /Cannot use the certificate/ });
  t.same(await readdir(temporaryFolder), []);
});
