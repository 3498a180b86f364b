import t from 'tap';
import { KeyframeRequests } from '../../../workers/ingest/keyframe-requests.ts';
import { HeldClock } from '../../clock/held-clock.ts';

function create() {
  const clock = new HeldClock(1000);
  const asked: number[] = [];
  const deaf: number[] = [];
  const requests = new KeyframeRequests(
    clock,
    () => asked.push(clock.now() - 1000),
    () => deaf.push(clock.now() - 1000),
  );
  return { clock, asked, deaf, requests };
}

t.test('it asks at once, and every 500 ms until one comes', async (t) => {
  const { clock, asked, requests } = create();
  for (let times = 0; times < 5; times += 1) requests.need();
  clock.advance(1100);
  t.same(asked, [0, 500, 1000]);
  requests.satisfy();
  clock.advance(5000);
  t.equal(asked.length, 3);
});

t.test('never twice within 500 ms', async (t) => {
  const { clock, asked, requests } = create();
  for (let moment = 0; moment < 2000; moment += 100) {
    requests.need();
    clock.advance(100);
    requests.satisfy();
  }
  t.same(asked, [0, 500, 1000, 1500, 2000]);
});

t.test('a deaf sender is reported once and asked seldom', async (t) => {
  const { clock, asked, deaf, requests } = create();
  requests.need();
  clock.advance(14_600);
  t.same(deaf, [4500]);
  t.same(asked.slice(9), [4500, 9500, 14_500]);
  requests.close();
  requests.need();
  t.equal(clock.pending, 0);
});
