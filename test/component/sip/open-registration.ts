import { once } from 'node:events';
import type { Test } from 'tap';
import { accountOf } from '../../../src/component/sip/account.ts';
import { AccountLine } from '../../../src/component/sip/account-line.ts';
import { sequenceOf } from '../../../src/component/sip/message/header-values.ts';
import type { Registration } from '../../../src/component/sip/registration.ts';
import type { SipError } from '../../../src/component/sip/sip-error.ts';
import type { HopResolver } from '../../../src/component/sip/transport/sip-transport.ts';
import { UserAgent } from '../../../src/component/sip/user-agent.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { openTestSockets, type PeerRequest, type ScriptedPeer } from './scripted-peer.ts';

/** A registration of `1001` with the password `secret` at a peer. */
export async function openRegistration(
  t: Test,
  peer: ScriptedPeer,
  resolve?: HopResolver['resolve'],
  address = 'example.org',
) {
  const clock = new HeldClock();
  const transport = await openTestSockets(t);
  const userAgent = new UserAgent({ transport, clock });
  t.teardown(() => userAgent.close());
  const resolver = { resolve: resolve ?? (async () => [peer.hop()]) };
  const account = accountOf({ address, username: '1001', password: 'secret' });
  const line = new AccountLine({ userAgent, transport, resolver, clock, permits: () => true }, { account });
  const registration = line.register(account);
  return { clock, transport, line, registration };
}

export const registered = (registration: Registration) => once(registration.observer, 'registered');
export const refused = async (registration: Registration) =>
  ((await once(registration.observer, 'refused')) as [SipError])[0];
export const failureOf = async (registration: Registration) =>
  ((await once(registration.observer, 'failed')) as [SipError])[0];
export const sequence = ({ request }: PeerRequest) => sequenceOf(request.headers)?.number;
