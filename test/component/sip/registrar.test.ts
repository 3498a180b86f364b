import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import { accountOf } from '../../../src/component/sip/account.ts';
import { AccountLine } from '../../../src/component/sip/account-line.ts';
import type { SipMessage } from '../../../src/component/sip/message/sip-message.ts';
import type { SipError } from '../../../src/component/sip/sip-error.ts';
import type { SipProtocol } from '../../../src/component/sip/transport/hop.ts';
import { SipSockets, type SipSocketsOptions } from '../../../src/component/sip/transport/sip-sockets.ts';
import { UserAgent } from '../../../src/component/sip/user-agent.ts';
import { AddressGuard } from '../../../src/net/address-guard.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { eventually } from '../../eventually.ts';
import { PortBlock } from '../../port-block.ts';
import { Kamailio, type KamailioOptions } from './kamailio.ts';
import { lacking } from './peer-process.ts';

const skip = await lacking('kamailio', 'openssl');

async function startRegistrar(t: Test, options: Partial<KamailioOptions> = {}): Promise<Kamailio> {
  const { min } = await PortBlock.claim(t);
  return await Kamailio.start(t, { port: min, accounts: { '1001': 'secret' }, ...options });
}

/** Registers 1001. Timers have the clock of the test, connections that of the system. */
async function register(
  t: Test,
  kamailio: Kamailio,
  { protocol = 'udp' as SipProtocol, password = 'secret', trust = {} as Partial<SipSocketsOptions> } = {},
) {
  const clock = new HeldClock();
  const transport = await SipSockets.open({
    ...{ listenIp: '127.0.0.1', port: 0, advertisedIp: '127.0.0.1', guard: new AddressGuard() },
    ...{ clock: systemClock, verifyTls: false, ...trust },
  });
  t.teardown(() => transport.close());
  const userAgent = new UserAgent({ transport, clock });
  t.teardown(() => userAgent.close());
  const port = protocol === 'tls' ? kamailio.tlsPort : kamailio.options.port;
  const resolver = { resolve: async () => [{ protocol, address: '127.0.0.1', port }] };
  const account = accountOf({ address: `127.0.0.1:${port};transport=${protocol}`, username: '1001', password });
  const line = new AccountLine({ userAgent, transport, resolver, clock, permits: () => true }, { account });
  const registration = line.register(account);
  t.teardown(async () => {
    const closing = registration.close();
    clock.advance(2000);
    await closing;
  });
  return { clock, transport, registration, line };
}

const statuses = (transport: SipSockets) => {
  const seen: number[] = [];
  transport.observer.on('message', (message: SipMessage) => {
    if (message.type === 'response') seen.push(message.status);
  });
  return seen;
};

t.test('kamailio registers an account over UDP, TCP and TLS, and forgets it at the end', { skip }, async (t) => {
  const kamailio = await startRegistrar(t);
  for (const protocol of ['udp', 'tcp', 'tls'] as const) {
    const { transport, registration } = await register(t, kamailio, { protocol });
    const seen = statuses(transport);
    await once(registration.observer, 'registered');
    t.strictSame(seen, [401, 200], protocol);
    await registration.close();
    t.strictSame(
      seen.filter((status) => status !== 401),
      [200, 200],
      protocol,
    );
  }
});

t.test('kamailio is asked over TLS only if its certificate is one of an authority', { skip }, async (t) => {
  const kamailio = await startRegistrar(t);
  const certificateAuthority = await readFile(kamailio.certificate);
  const trusting = await register(t, kamailio, { protocol: 'tls', trust: { verifyTls: true, certificateAuthority } });
  await once(trusting.registration.observer, 'registered');
  const strict = await register(t, kamailio, { protocol: 'tls', trust: { verifyTls: true } });
  const seen = statuses(strict.transport);
  const [error] = (await once(strict.registration.observer, 'failed')) as [SipError];
  t.equal(error.code, 'untrusted');
  t.equal(strict.transport.connections, 0);
  t.strictSame(seen, []);
});

t.test('kamailio refuses a wrong password', { skip }, async (t) => {
  const kamailio = await startRegistrar(t);
  const { registration } = await register(t, kamailio, { password: 'wrong' });
  const [error] = (await once(registration.observer, 'refused')) as [SipError];
  t.equal(error.code, 'unauthorized');
});

t.test('kamailio gets the longer time that it wants, and a nonce that has run out is replaced', { skip }, async (t) => {
  const kamailio = await startRegistrar(t, { minExpires: 600, nonceExpire: 1 });
  const { clock, transport, registration } = await register(t, kamailio);
  const seen = statuses(transport);
  const failures: SipError[] = [];
  registration.observer.on('failed', (error) => failures.push(error));
  await once(registration.observer, 'registered');
  t.ok(seen.includes(423));
  const challenges = () => seen.filter((status) => status === 401).length;
  const [before, granted] = [challenges(), () => seen.filter((status) => status === 200).length];
  await eventually('a nonce has run out, and the account is registered again', async () => {
    const count = granted();
    await clock.whenPending(1);
    clock.advance(45_000);
    await eventually('it is refreshed', () => granted() > count);
    return challenges() > before;
  });
  t.strictSame(failures, []);
  t.equal(registration.state, 'registered');
});

t.test('kamailio that was killed and comes back registers the account again', { skip }, async (t) => {
  const kamailio = await startRegistrar(t);
  const { clock, registration } = await register(t, kamailio, { protocol: 'udp' });
  await once(registration.observer, 'registered');
  await kamailio.kill();
  await clock.whenPending(1);
  clock.advance(45_000);
  // the refresh has its timeout and its repetition
  await clock.whenPending(2);
  const failed = once(registration.observer, 'failed') as Promise<[SipError]>;
  clock.advance(32_000);
  t.equal((await failed)[0].code, 'timeout');
  await kamailio.restart();
  await clock.whenPending(1);
  const back = once(registration.observer, 'registered');
  clock.advance(5000);
  await back;
  t.equal(registration.state, 'registered');
});

t.test('kamailio that closes the connection registers the account again over another one', { skip }, async (t) => {
  const kamailio = await startRegistrar(t);
  const { clock, transport, registration } = await register(t, kamailio, { protocol: 'tcp' });
  await once(registration.observer, 'registered');
  await clock.whenPending(1);
  const lost = once(transport.observer, 'disconnected');
  await kamailio.kill();
  await lost;
  const failed = once(registration.observer, 'failed') as Promise<[SipError]>;
  await clock.whenPending(1);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(1000);
  t.equal((await failed)[0].code, 'unreachable');
  await kamailio.restart();
  await clock.whenPending(1);
  const back = once(registration.observer, 'registered');
  clock.advance(5000);
  await back;
  t.equal(registration.state, 'registered');
});
