import t from 'tap';
import { OrderRate } from '../../src/ondemand/order-rate.ts';
import { HeldClock } from '../clock/held-clock.ts';

t.test('an account has so many orders in any minute', async (t) => {
  const clock = new HeldClock();
  const rate = new OrderRate(2, clock);
  t.equal(rate.count('a'), 0);
  clock.advance(20_000);
  t.equal(rate.count('a'), 0);
  t.equal(rate.count('a'), 40);
  t.equal(rate.count('b'), 0, 'others are not affected');
  clock.setTime(1e12);
  t.equal(rate.count('a'), 40, 'the time of day does not matter');
  clock.advance(39_500);
  t.equal(rate.count('a'), 1);
  clock.advance(500);
  t.equal(rate.count('a'), 0, 'refused orders did not count');
  t.equal(rate.count('a'), 20);
});

t.test('0 is no limit', async (t) => {
  const rate = new OrderRate(0, new HeldClock());
  for (let count = 0; count < 1000; count += 1) if (rate.count('a') !== 0) t.fail();
  t.pass();
});
