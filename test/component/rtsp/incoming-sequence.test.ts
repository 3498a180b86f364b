import t from 'tap';
import { IncomingSequence } from '../../../src/component/rtsp/incoming-sequence.ts';

t.test('losses, late ones and doubles', async (t) => {
  const sequence = new IncomingSequence();
  const arrive = (...numbers: number[]) => numbers.map((number) => sequence.arrive(number));
  t.same(arrive(65_534, 65_535, 0, 3, 2, 3, 4), [0, 0, 0, 2, undefined, undefined, 0]);
  sequence.restart();
  t.same(arrive(40_000, 40_001), [0, 0]);
});

t.test('a source that counts anew is believed in the end', async (t) => {
  const sequence = new IncomingSequence();
  sequence.arrive(20_000);
  const answers = Array.from({ length: 120 }, (_, index) => sequence.arrive(index));
  t.equal(answers.indexOf('restart'), 99);
  t.same(answers.slice(100), Array(20).fill(0));
});
