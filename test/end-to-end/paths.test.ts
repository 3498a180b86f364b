import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { SupervisedProcess } from '../../src/process/supervised-process.ts';
import { coturnConfig } from '../../src/turn/coturn-config.ts';
import { stunResponds } from '../../src/turn/stun-probe.ts';
import { silent } from '../notification/backend.ts';
import { PortBlock } from '../port-block.ts';
import type { Sdk } from './browser-client.ts';
import { Meeting, perceives } from './meeting.ts';

/** Two peers with one SDK meet; @returns the paths that their media take. */
async function paths(t: Test, sdk: Sdk, variables: Record<string, string | undefined>, script?: string) {
  const meeting = await Meeting.start(t, variables);
  const roomId = await meeting.server.createRoom();
  const options = script === undefined ? {} : { script };
  const [one, other] = [await meeting.enter(roomId, sdk, options), await meeting.enter(roomId, sdk, options)];
  await perceives(one, [other]);
  await perceives(other, [one]);
  return await Promise.all([one.client.connection(), other.client.connection()]);
}

/** A TURN server that Shoal does not run. @returns its port and the secret that it shares */
async function startTurn(t: Test): Promise<{ port: number; secret: string }> {
  const ports = await PortBlock.claim(t);
  const folder = await mkdtemp(join(tmpdir(), 'shoal-outside-turn-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const secret = randomBytes(16).toString('hex');
  const text = coturnConfig({
    listenIps: ['127.0.0.1'],
    relayIp: '127.0.0.1',
    announcedIp: '127.0.0.1',
    udpPort: ports.min,
    tcpPort: ports.min,
    relayPorts: { min: ports.min + 1, max: ports.max },
    relayThreads: 1,
    allocationsPerPeer: 512,
    consolePassword: randomBytes(16).toString('hex'),
    secret,
    folder,
  });
  const path = join(folder, 'turnserver.conf');
  await writeFile(path, text, { mode: 0o600 });
  const turn = new SupervisedProcess({
    name: 'turn',
    program: 'turnserver',
    args: ['-c', path],
    cwd: folder,
    logger: silent,
  });
  t.teardown(() => turn.close());
  await turn.start();
  const address = { transport: 'tcp' as const, ip: '127.0.0.1', port: ports.min };
  while (!(await stunResponds(address, 250, systemClock))) {
    if (turn.pid === undefined) throw new Error(turn.lastLines.join('\n'));
  }
  return { port: ports.min, secret };
}

t.test('media flows through the relay over UDP alone', async (t) => {
  const relayed = { type: 'relay', relayProtocol: 'udp', protocol: 'udp' };
  t.strictSame(await paths(t, 'fishjam', { FJ_WEBRTC_TURN_TCP_PORT: undefined }), [relayed, relayed]);
});

t.test('media flows through an external relay over TCP alone', async (t) => {
  const { port, secret } = await startTurn(t);
  const variables = { SHOAL_TURN_URLS: `turn:127.0.0.1:${port}?transport=tcp`, SHOAL_TURN_SECRET: secret };
  const relayed = { type: 'relay', relayProtocol: 'tcp', protocol: 'udp' };
  t.strictSame(await paths(t, 'jellyfish', variables), [relayed, relayed]);
});

const direct = { SHOAL_TURN: 'off', FJ_WEBRTC_TURN_TCP_PORT: undefined, SHOAL_WEBRTC_SERVER: 'true' };

t.test('media flows without a relay to the single port of a worker over UDP', async (t) => {
  const found = await paths(t, 'cloud', direct);
  t.strictSame(
    found.map(({ protocol }) => protocol),
    ['udp', 'udp'],
  );
  t.notOk(found.some(({ type }) => type === 'relay'));
});

/** As if UDP were blocked: the browser does not learn the UDP candidates. */
const withoutUdp = `
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    return set.call(this, { type, sdp: sdp.replace(/a=candidate:\\S+ \\d+ udp .*\\r\\n/gi, '') });
  };`;

t.test('media flows without a relay to the single port of a worker over TCP', async (t) => {
  const found = await paths(t, 'cloud', direct, withoutUdp);
  t.strictSame(
    found.map(({ protocol }) => protocol),
    ['tcp', 'tcp'],
  );
});
