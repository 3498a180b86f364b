import t from 'tap';
import { IceProgress } from '../../src/signalling/ice-progress.ts';
import { HeldClock } from '../clock/held-clock.ts';

function start() {
  const clock = new HeldClock();
  const relay = { allocations: 0, ports: 2, refusals: 7 };
  const calls: unknown[] = [];
  const turn = {
    relay,
    entriesFor: () => [],
    left: (peerId: string) => void calls.push(['left', peerId]),
    restarted: (peerId: string, port: number) => void calls.push(['restarted', peerId, port]),
    close: async () => undefined,
  };
  const onExhausted = () => void calls.push('exhausted');
  return { clock, relay, calls, ice: new IceProgress({ peerId: 'bob', turn, clock, onExhausted }) };
}

t.test('a client that cannot connect while the relay refuses is told so, once', async (t) => {
  const { clock, relay, calls, ice } = start();
  ice.offerRequested();
  relay.refusals += 1;
  ice.offerRequested();
  ice.answered(true);
  t.same(calls, []);
  clock.advance(60_000);
  t.same(calls, ['exhausted']);
});

t.test('a client that connects, or that nobody refused, is not', async (t) => {
  const connected = start();
  connected.ice.offerRequested();
  connected.relay.refusals += 1;
  connected.ice.answered(true);
  connected.ice.addressChanged(5000);
  connected.ice.answered(false);
  connected.clock.advance(60_000);
  t.same(connected.calls, [['restarted', 'bob', 5000]]);

  const slow = start();
  slow.relay.refusals += 1;
  slow.ice.offerRequested();
  slow.ice.answered(true);
  slow.clock.advance(60_000);
  t.same(slow.calls, [], 'others were refused before');
  slow.ice.close();
  t.equal(slow.clock.pending, 0);
});

t.test('the relay hears of each ICE restart and of the end', async (t) => {
  const { calls, ice } = start();
  ice.answered(true);
  ice.addressChanged(5000);
  ice.addressChanged(5001);
  ice.answered(true);
  ice.answered(false);
  ice.addressChanged(5002);
  ice.close();
  ice.close();
  ice.addressChanged(5003);
  t.same(calls, [
    ['restarted', 'bob', 5000],
    ['restarted', 'bob', 5002],
    ['left', 'bob'],
  ]);
});
