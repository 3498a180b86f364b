import t from 'tap';
import { AttemptLimit } from '../../src/api/attempt-limit.ts';
import { HeldClock } from '../clock/held-clock.ts';

const open = (clock = new HeldClock()) => ({ clock, attempts: new AttemptLimit({ limit: 3, period: 60_000, clock }) });

t.test('an address that failed too often waits until the period ends', async (t) => {
  const { clock, attempts } = open();
  clock.advance(10_000);
  for (const expected of [0, 0, 50]) {
    attempts.count('192.0.2.1');
    t.equal(attempts.wait('192.0.2.1'), expected);
  }
  t.equal(attempts.wait('192.0.2.2'), 0, 'another address may try');
  clock.advance(49_999);
  t.equal(attempts.wait('192.0.2.1'), 1);
  clock.advance(1);
  t.equal(attempts.wait('192.0.2.1'), 0);
});

t.test('the addresses of one IPv6 network are one', async (t) => {
  const { attempts } = open();
  for (const address of ['2001:db8::1', '2001:db8:0:0:ffff::1', '2001:db8:0:0:1:2:3:4']) attempts.count(address);
  t.not(attempts.wait('2001:db8::abcd'), 0);
  t.equal(attempts.wait('2001:db8:0:1::1'), 0);
  for (let attempt = 0; attempt < 3; attempt += 1) attempts.count('::ffff:192.0.2.1');
  t.equal(attempts.wait('::ffff:192.0.2.2'), 0, 'mapped IPv4 addresses are addresses');
});

t.test('no more addresses are remembered than fit', async (t) => {
  const { attempts } = open();
  for (let index = 0; index < 10_001; index += 1) {
    for (let attempt = 0; attempt < 3; attempt += 1) attempts.count(`address ${index}`);
  }
  t.not(attempts.wait('address 9999'), 0);
  t.equal(attempts.wait('address 10000'), 0);
});
