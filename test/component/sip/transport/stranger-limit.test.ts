import t from 'tap';
import { StrangerLimit } from '../../../../src/component/sip/transport/stranger-limit.ts';
import { HeldClock } from '../../../clock/held-clock.ts';

t.test('strangers are answered up to a rate, and what is beyond it is counted', async (t) => {
  const clock = new HeldClock();
  const limit = new StrangerLimit(clock, { rate: 10, burst: 3 });
  const admitted = (requests: number) => Array.from({ length: requests }, () => limit.admits()).filter(Boolean).length;
  t.equal(admitted(100), 3);
  t.equal(limit.dropped, 97);
  clock.advance(100);
  t.equal(admitted(100), 1);
  clock.advance(60_000);
  t.equal(admitted(100), 3, 'what was not used is not kept');
});
