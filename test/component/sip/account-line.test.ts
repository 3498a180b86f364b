import { once } from 'node:events';
import t, { type Test } from 'tap';
import { accountOf } from '../../../src/component/sip/account.ts';
import { AccountLine, type LineOptions } from '../../../src/component/sip/account-line.ts';
import type { Hop } from '../../../src/component/sip/transport/hop.ts';
import { UserAgent } from '../../../src/component/sip/user-agent.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { openTestSockets, ScriptedPeer, testRequest } from './scripted-peer.ts';

const elsewhere = { protocol: 'udp', address: '192.0.2.1', port: 5060 } as const;
const account = (address: string, username = '1001') => accountOf({ address, username, password: 'secret' });

/** @param hopsOf by URI; all others are elsewhere */
async function openLine(t: Test, options: LineOptions, hopsOf: Readonly<Record<string, Hop>> = {}) {
  const clock = new HeldClock();
  const transport = await openTestSockets(t);
  const userAgent = new UserAgent({ transport, clock });
  t.teardown(() => userAgent.close());
  const resolver = { resolve: async (uri: string) => [hopsOf[uri] ?? elsewhere] };
  const permits = (address: string) => address === '127.0.0.1';
  const line = new AccountLine({ userAgent, transport, resolver, clock, permits }, options);
  return { transport, line, us: { protocol: 'udp', address: '127.0.0.1', port: transport.port } as const };
}

t.test('it says who calls, and where its numbers are', async (t) => {
  const displayName = 'A "B"\r\n';
  const { line } = await openLine(t, { account: account('sips:Example.org:5070', 'a b@c'), displayName });
  t.equal(line.from, '"A \\"B\\"" <sips:a%20b%40c@example.org>');
  t.equal(line.domain, 'example.org:5070');
  t.equal(line.secure, true);
  t.equal(line.proxy, undefined);
  t.match(line.contact({ ...elsewhere, protocol: 'tls' }), /^sips:a%20b%40c@127\.0\.0\.1:\d+;line=\w+$/);
  t.equal(line.permits('127.0.0.1'), true);
  t.equal(line.permits('192.0.2.1'), false);
});

t.test('without an account it calls from its own address, with another Contact if one is given', async (t) => {
  const { line, transport } = await openLine(t, { contact: 'sip:gateway@192.0.2.9', proxy: 'sip:proxy.example.org' });
  t.equal(line.from, `<sip:shoal@127.0.0.1:${transport.port}>`);
  t.equal(line.domain, undefined);
  t.equal(line.secure, false);
  t.equal(line.proxy, 'sip:proxy.example.org');
  t.equal(line.contact(elsewhere), 'sip:gateway@192.0.2.9');
  t.equal(line.transactions, line.anonymous);
});

t.test('the transport of the account is that of all addresses of its domain', async (t) => {
  const hop = { protocol: 'tcp', address: '192.0.2.2', port: 5070 } as const;
  const hopsOf = { 'sip:1@example.org:5070;transport=tcp': hop };
  const { line } = await openLine(t, { account: account('example.org:5070;transport=tcp') }, hopsOf);
  t.strictSame(await line.resolver.resolve('sip:1@example.org:5070'), [hop]);
  t.strictSame(await line.resolver.resolve('sip:1@example.org:5070?subject=x'), [elsewhere], 'headers stay the last');
  t.strictSame(await line.resolver.resolve('sip:1@example.org'), [elsewhere], 'another port is another server');
});

t.test('calls come from its registrar and its proxy only, once their addresses are known', async (t) => {
  const peer = await ScriptedPeer.open(t);
  for (const uri of ['sip:example.org', 'sip:proxy.example.org']) {
    const options = { account: account('example.org'), proxy: 'sip:proxy.example.org' };
    const { line, us } = await openLine(t, options, { [uri]: peer.hop() });
    const end = line.acceptCalls((transaction) => transaction.respond(486));
    const invite = async (callId: string) => {
      peer.send({ ...testRequest('INVITE', { callId }), uri: line.contact(peer.hop()) }, us);
      return (await peer.nextResponse()).status;
    };
    t.equal(await invite('one'), 480);
    await line.resolver.resolve('sip:third.example.org');
    t.equal(await invite('two'), 480);
    await line.resolver.resolve(uri);
    t.equal(await invite('three'), 486);
    end();
    t.equal(await invite('four'), 480);
  }
});

t.test('a registrar that keeps our Contact as it is must call it so', async (t) => {
  const peer = await ScriptedPeer.open(t);
  for (const [keeps, status] of [
    [true, 480],
    [false, 486],
  ] as const) {
    const opened = await openLine(t, { account: account('example.org') }, { 'sip:example.org': peer.hop() });
    const { line, us } = opened;
    const registration = line.register(account('example.org'));
    const given = await peer.next('REGISTER');
    line.acceptCalls((transaction) => transaction.respond(486));
    const invite = async (uri: string, callId = uri) => {
      peer.send({ ...testRequest('INVITE', { callId }), uri }, us);
      return (await peer.nextResponse()).status;
    };
    const own = line.contact(peer.hop());
    const wordless = own.replace(/;line=\w+/, '');
    t.equal(await invite(wordless, 'early'), 480, 'before it has responded, its address alone is not enough');
    const contact = given.request.headers.get('contact') ?? '';
    const registered = once(registration.observer, 'registered');
    peer.respond(given, 200, { headers: [['contact', keeps ? contact : contact.replace(/;line=\w+/, '')]] });
    await registered;
    t.equal(await invite(own), 486);
    t.equal(await invite(wordless), status);
    peer.onRequest((last) => peer.respond(last, 200));
    await registration.close();
    peer.onRequest(() => undefined);
    await peer.next('REGISTER');
  }
});

t.test('without an account calls come from anybody, for one user or for all', async (t) => {
  const peer = await ScriptedPeer.open(t);
  const { line, us } = await openLine(t, {});
  line.acceptCalls((transaction) => transaction.respond(486), 'room');
  const invite = async (user: string) => {
    peer.send({ ...testRequest('INVITE', { callId: user }), uri: `sip:${user}@127.0.0.1` }, us);
    return (await peer.nextResponse()).status;
  };
  t.equal(await invite('room'), 486);
  t.equal(await invite('other'), 480);
  line.acceptCalls((transaction) => transaction.respond(603));
  t.equal(await invite('another'), 603);
});

t.test('a Contact at its domain that names another address makes nobody a registrar', async (t) => {
  const attacker = await ScriptedPeer.open(t);
  const uris = ['sip:x@example.org;maddr=127.0.0.1', 'sip:x@proxy.example.org;maddr=127.0.0.1'];
  const hopsOf = Object.fromEntries(uris.map((uri) => [uri, attacker.hop()]));
  const options = { account: account('example.org'), proxy: 'sip:proxy.example.org' };
  const { line } = await openLine(t, options, hopsOf);
  for (const uri of uris) {
    const [hop] = (await line.resolver.resolve(uri)) as [Hop];
    t.strictSame(hop, attacker.hop());
    t.notOk(line.resolver.trusts(hop));
  }
});

t.test('only hops of the account may ask for its credentials', async (t) => {
  const [registrar, stranger] = [await ScriptedPeer.open(t), await ScriptedPeer.open(t)];
  const { line } = await openLine(t, { account: account('example.org') }, { 'sip:example.org': registrar.hop() });
  const challenge = {
    headers: [['www-authenticate', 'Digest realm="r", nonce="n", qop="auth"']] as [string, string][],
  };
  for (const peer of [registrar, stranger]) {
    peer.onRequest((given) => {
      if (given.request.headers.get('authorization')) peer.respond(given, 200);
      else peer.respond(given, 401, challenge);
    });
  }
  await t.rejects(line.transactions.ask(testRequest('OPTIONS'), [stranger.hop()]), { code: 'unauthorized' });
  const hops = await line.resolver.resolve('sip:example.org');
  t.equal((await line.transactions.ask(testRequest('OPTIONS'), hops)).response.status, 200);
});
