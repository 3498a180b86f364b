import t from 'tap';
import { RemoteLatch } from '../../../workers/telephony/remote-latch.ts';

const described = { address: '192.0.2.1', port: 4000 };
const behindNat = { address: '198.51.100.7', port: 61_234 };
const stranger = { address: '203.0.113.9', port: 4000 };

function latchOn(from: { address: string; port: number }, authenticated = false): RemoteLatch {
  const latch = new RemoteLatch();
  latch.describe(described, authenticated);
  if (latch.permits(from, 0)) latch.take(from, 0);
  return latch;
}

t.test('nobody is the phone before the answer', async (t) => {
  const latch = new RemoteLatch();
  t.notOk(latch.permits(described, 0));
  t.equal(latch.remote, undefined);
  latch.describe(described, false);
  t.same(latch.remote, described);
  t.notOk(latch.latched);
});

t.test('the phone is where its first packet comes from; others are strangers', async (t) => {
  const latch = latchOn(behindNat);
  t.ok(latch.latched);
  t.same(latch.remote, behindNat);
  t.ok(latch.permits(behindNat, 10));
  t.notOk(latch.permits(stranger, 10));
  t.notOk(latch.permits({ ...behindNat, port: 5 }, 10));
});

t.test('the address of the session description is the right one', async (t) => {
  const latch = latchOn(stranger);
  t.ok(latch.permits(described, 10), 'somebody was quicker');
  latch.take(described, 10);
  t.notOk(latch.permits(stranger, 20));
  t.notOk(latch.permits(stranger, 1e9), 'nor ever');
});

t.test('after a silence the phone may have another port, with encryption another address', async (t) => {
  const moved = { ...behindNat, port: 61_235 };
  const latch = latchOn(behindNat);
  t.notOk(latch.permits(moved, 2000));
  t.ok(latch.permits(moved, 2001));
  t.notOk(latch.permits(stranger, 2001));
  latch.take(moved, 2001);
  t.notOk(latch.permits(behindNat, 2002));
  const encrypted = latchOn(behindNat, true);
  t.notOk(encrypted.permits(stranger, 2000));
  t.ok(encrypted.permits(stranger, 2001));
});

t.test('a new session description with the same address changes nothing, with another one everything', async (t) => {
  const latch = latchOn(behindNat);
  latch.describe({ ...described }, false);
  t.same(latch.remote, behindNat);
  t.notOk(latch.permits(stranger, 10));
  latch.describe({ ...described, port: 5000 }, false);
  t.same(latch.remote, { ...described, port: 5000 });
  t.ok(latch.permits(stranger, 10));
});
