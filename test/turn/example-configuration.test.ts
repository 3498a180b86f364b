// The example configuration of an external TURN server in docker/, with this host's addresses.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { Secret } from '../../src/config/secret.ts';
import { ExternalTurn } from '../../src/turn/external-turn.ts';
import { stunResponds } from '../../src/turn/stun-probe.ts';
import { commandOutput } from '../command-output.ts';
import { PortBlock } from '../port-block.ts';
import { relayTo } from './turn-client.ts';

const example = await readFile(resolve(import.meta.dirname, '../../docker/turnserver.conf'), 'utf8');

/** The example with other values; options whose value is undefined are removed. */
function changed(values: Record<string, string | number | undefined>): string {
  return Object.entries(values).reduce((text, [name, value]) => {
    const line = new RegExp(`^${name}=.*$`, 'm');
    t.match(text, line, `${name} is in the example`);
    return text.replace(line, value === undefined ? '' : `${name}=${value}`);
  }, example);
}

t.test('peers are relayed with the credentials that Shoal gives them, and to its media address only', async (t) => {
  const { udpPort, relayPorts } = (await PortBlock.claim(t)).turn;
  const ports = { 'listening-port': udpPort, 'min-port': relayPorts.min, 'max-port': relayPorts.max };
  const tls = { 'tls-listening-port': undefined, cert: undefined, pkey: undefined };
  const text = changed({ ...ports, ...tls, 'static-auth-secret': 'hush', 'allowed-peer-ip': '127.0.0.1' });
  const here = ['listening-ip=127.0.0.1', 'relay-ip=127.0.0.1', 'allow-loopback-peers', 'no-tls', 'no-dtls'];
  const files = [`userdb=${join(t.testdirName, 'turn.db')}`, `pidfile=${join(t.testdirName, 'turn.pid')}`];
  const config = t.testdir({ 'turnserver.conf': [text, ...here, ...files, ''].join('\n') });
  const running = commandOutput('turnserver', ['-c', join(config, 'turnserver.conf')]);
  const ended = running.catch((failure: { stdout: string; stderr: string }) => failure);
  const coturn = running.child;
  t.teardown(async () => {
    coturn.kill();
    await ended;
  });
  const address = { transport: 'udp', ip: '127.0.0.1', port: udpPort } as const;
  while (!(await stunResponds(address, 500, systemClock)))
    if (coturn.exitCode !== null) throw new Error((await ended).stdout + (await ended).stderr);

  const echo = createSocket('udp4');
  echo.on('message', (message, { address, port }) => echo.send(message, port, address));
  await once(echo.bind(0, '127.0.0.1'), 'listening');
  t.teardown(() => echo.close());
  const server = { host: '127.0.0.1', port: udpPort, transport: 'udp' } as const;
  const [entry] = new ExternalTurn([server], { kind: 'shared-secret', secret: new Secret('hush') }).entriesFor('p1');
  t.same(await relayTo(entry, ['127.0.0.1', echo.address().port]), { answer: 'hello' });
  t.same(await relayTo(entry, ['127.0.0.2', echo.address().port]), { refused: 403 });
});
