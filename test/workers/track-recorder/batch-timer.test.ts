import t from 'tap';
import { BatchTimer } from '../../../workers/track-recorder/batch-timer.ts';
import { HeldClock } from '../../clock/held-clock.ts';

t.test('tasks run at once, at most a tenth of a second after the first was added', async (t) => {
  const clock = new HeldClock();
  const timer = new BatchTimer(clock);
  const ran: string[] = [];
  const [one, two, removed] = ['one', 'two', 'removed'].map((name) => () => void ran.push(name));
  if (!one || !two || !removed) throw new Error('A task is missing.');
  timer.add(one);
  clock.advance(50);
  for (const task of [two, two, removed, one]) timer.add(task);
  timer.remove(removed);
  t.equal(clock.pending, 1);
  t.same(ran, []);
  clock.advance(50);
  t.same(ran, ['one', 'two'], 'once each');
  timer.add(two);
  timer.remove(two);
  t.equal(clock.pending, 0, 'nothing is left without tasks');
});
