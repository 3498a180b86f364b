import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import t from 'tap';
import { systemClock } from '../../../../src/clock/clock.ts';
import { accountOf } from '../../../../src/component/sip/account.ts';
import { AccountLine } from '../../../../src/component/sip/account-line.ts';
import type { CallSettings } from '../../../../src/component/sip/call/dialog-call.ts';
import { receiveCall } from '../../../../src/component/sip/call/incoming-call.ts';
import { OutgoingCall } from '../../../../src/component/sip/call/outgoing-call.ts';
import type { SipCall } from '../../../../src/component/sip/telephony.ts';
import { SipSockets } from '../../../../src/component/sip/transport/sip-sockets.ts';
import { UriResolver } from '../../../../src/component/sip/transport/uri-resolver.ts';
import { UserAgent } from '../../../../src/component/sip/user-agent.ts';
import { AddressGuard } from '../../../../src/net/address-guard.ts';
import { PortBlock } from '../../../port-block.ts';
import { Baresip } from '../baresip.ts';
import { fixedNumbers, Kamailio } from '../kamailio.ts';
import { lacking } from '../peer-process.ts';
import { PhoneMediaDouble } from '../telephony-double.ts';
import { RecordedCall } from './open-line.ts';

const skip = await lacking('kamailio', 'baresip', 'openssl');

/** The account `room` at a registrar, with a real user agent. The sound is a double: only what is agreed on is looked at. */
async function openAccount(t: Test, address: string) {
  const guard = new AddressGuard();
  const clock = systemClock;
  const options = { listenIp: '127.0.0.1', port: 0, advertisedIp: '127.0.0.1', guard, clock, verifyTls: false };
  const sockets = await SipSockets.open(options);
  const userAgent = new UserAgent({ transport: sockets, clock });
  const dns = { naptr: refuse, srv: refuse, addresses: refuse };
  const resolver = new UriResolver({ dns: dns as never, guard, seed: 'test' });
  const account = accountOf({ address, username: 'room', password: 'secret' });
  const permits = (each: string) => guard.permits(each);
  const line = new AccountLine({ userAgent, transport: sockets, resolver, clock, permits }, { account });
  const settings: CallSettings = {
    ...{ clock, randomBytes, mediaAddress: '127.0.0.1', codecs: ['pcma', 'pcmu', 'opus'], ringTimeout: 60_000 },
  };
  t.teardown(async () => {
    userAgent.close();
    await sockets.close();
  });
  const dial = (target: string) => {
    const media = new PhoneMediaDouble();
    const call = new OutgoingCall({ line, settings, target, openMedia: async () => media });
    t.teardown(() => call.close());
    return { call, media, record: new RecordedCall(call) };
  };
  return { account, line, settings, dial };
}

const refuse = async () => Promise.reject(new Error('no names here'));

t.test('calls through a registrar', { skip }, async (t) => {
  const { min } = await PortBlock.claim(t);
  const kamailio = await Kamailio.start(t, { port: min, accounts: { '1001': 'first', room: 'secret' } });
  const phone = await Baresip.start(t, {
    ...{ user: '1001', password: 'first', registrar: kamailio.address, port: min + 100, encryption: 'srtp' },
  });
  const { account, line, settings, dial } = await openAccount(t, kamailio.address);
  let calls = 0;

  await t.test('numbers that are not answered', async (t) => {
    const reasons = {
      [fixedNumbers.busy]: 'busy',
      [fixedNumbers.declined]: 'declined',
      [fixedNumbers.notFound]: 'not_found',
      [fixedNumbers.unavailable]: 'unavailable',
      [fixedNumbers.notAcceptable]: 'no_common_codec',
      [fixedNumbers.redirectedForEver]: 'rejected',
    };
    for (const [number, reason] of Object.entries(reasons)) {
      const { record } = dial(number);
      t.match(await record.end(), { reason }, number);
    }
  });

  for (const target of ['1001', fixedNumbers.redirected]) {
    await t.test(`a call to ${target} is held, resumed and ended`, async (t) => {
      calls += 1;
      const { call, record } = dial(target);
      t.match(await record.agreed(1), { codec: 'pcma', sending: true, receiving: true });
      await phone.sees('CALL_ESTABLISHED', calls);
      await phone.hold();
      t.match(await record.agreed(2), { sending: false });
      await phone.resume();
      t.match(await record.agreed(3), { sending: true, receiving: true });
      if (target === '1001') await phone.hangUp();
      else call.hangUp('user_hangup');
      t.match(await record.end(), { reason: target === '1001' ? 'remote_hangup' : 'user_hangup' });
      await call.close();
      await phone.sees('CALL_CLOSED', calls);
    });
  }

  await t.test('a call over TLS is encrypted', async (t) => {
    calls += 1;
    const secure = await openAccount(t, `127.0.0.1:${kamailio.tlsPort};transport=tls`);
    const { call, record } = secure.dial('1001');
    t.match(await record.agreed(1), { codec: 'pcma', srtp: { suite: 'AES_CM_128_HMAC_SHA1_80' } });
    await call.close();
    await phone.sees('CALL_CLOSED', calls);
  });

  await t.test('a call from the phone', async (t) => {
    calls += 1;
    const incoming = Promise.withResolvers<{ call: SipCall; record: RecordedCall }>();
    const registration = line.register(account);
    t.teardown(() => registration.close());
    const registered = new Promise((resolve) => registration.observer.once('registered', resolve as () => void));
    line.acceptCalls((transaction) =>
      receiveCall(transaction, {
        line,
        settings,
        asserted: true,
        incoming: {
          allowedCallers: ['1001'],
          openMedia: async () => new PhoneMediaDouble(),
          busy: () => false,
          accepted: (call) => incoming.resolve({ call, record: new RecordedCall(call) }),
        },
      }),
    );
    await registered;
    await phone.dial('room');
    const { call, record } = await incoming.promise;
    t.equal(call.party, '1001');
    t.match(await record.agreed(1), { codec: 'pcma', srtp: { suite: 'AES_CM_128_HMAC_SHA1_80' } });
    await phone.sees('CALL_ESTABLISHED', calls);
    await phone.hangUp();
    t.match(await record.end(), { reason: 'remote_hangup' });
    await call.close();
  });
});

t.test('a phone that rings, and a wrong password', { skip }, async (t) => {
  const { min } = await PortBlock.claim(t);
  const kamailio = await Kamailio.start(t, { port: min, accounts: { '1001': 'first', room: 'other' } });
  const right = await Kamailio.start(t, { port: min + 10, accounts: { '1001': 'first', room: 'secret' } });
  const phone = await Baresip.start(t, {
    ...{ user: '1001', password: 'first', registrar: right.address, port: min + 100, answers: false },
  });
  const refused = (await openAccount(t, kamailio.address)).dial('1001');
  t.match(await refused.record.end(), { reason: 'unauthorized' });
  const { call, record } = (await openAccount(t, right.address)).dial('1001');
  t.equal(await record.nth(1), 'ringing');
  call.hangUp('user_hangup');
  t.match(await record.end(), { reason: 'cancelled' });
  await call.close();
  await phone.sees('CALL_CLOSED');
});
