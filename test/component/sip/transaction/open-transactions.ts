import type { Test } from 'tap';
import { SipTransactions } from '../../../../src/component/sip/transaction/sip-transactions.ts';
import type { SipTransport } from '../../../../src/component/sip/transport/sip-transport.ts';
import { HeldClock } from '../../../clock/held-clock.ts';
import { openTestSockets } from '../scripted-peer.ts';

/** Transactions over a real port and a held clock. @param wrap e.g. loses messages */
export async function openTransactions(t: Test, wrap = (transport: SipTransport) => transport) {
  const clock = new HeldClock();
  const sockets = await openTestSockets(t);
  const transport = wrap(sockets);
  const transactions = new SipTransactions({ transport, clock });
  transport.observer.on('message', (message) => {
    if (message.type === 'response') transactions.receiveResponse(message);
  });
  transport.observer.on('disconnected', (hop) => transactions.disconnected(hop));
  t.teardown(() => transactions.close());
  return { clock, sockets, transactions };
}
