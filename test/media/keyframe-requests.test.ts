import t from 'tap';
import { KeyframeRequests, type KeyframeRequestsOptions } from '../../src/media/keyframe-requests.ts';
import { HeldClock } from '../clock/held-clock.ts';

/** What was done, and when. */
function create(options: Partial<KeyframeRequestsOptions> = {}) {
  const clock = new HeldClock(1000);
  const asked: number[] = [];
  const timeouts: number[] = [];
  const requests = new KeyframeRequests({
    ...{ clock, interval: 500, timeout: 4500 },
    ask: () => asked.push(clock.now() - 1000),
    onTimeout: () => timeouts.push(clock.now() - 1000),
    ...options,
  });
  return { clock, asked, timeouts, requests };
}

t.test('a keyframe is requested at once, and every 500 ms until one comes', async (t) => {
  const { clock, asked, requests } = create();
  for (let times = 0; times < 5; times += 1) requests.need();
  t.same(asked, [0]);
  clock.advance(1100);
  t.same(asked, [0, 500, 1000]);
  requests.satisfy();
  clock.advance(5000);
  t.equal(asked.length, 3);
});

t.test('requests are never repeated within the interval', async (t) => {
  const { clock, asked, requests } = create();
  for (let moment = 0; moment < 2000; moment += 100) {
    requests.need();
    clock.advance(100);
    requests.satisfy();
  }
  t.same(asked, [0, 500, 1000, 1500, 2000]);
  t.equal(clock.pending, 0);
});

t.test('nor when a keyframe comes at once', async (t) => {
  const { clock, asked, requests } = create({ interval: 1000 });
  for (let time = 0; time <= 1000; time += 100) {
    requests.need();
    requests.satisfy();
    clock.advance(100);
  }
  t.same(asked, [0, 1000]);
  t.equal(clock.pending, 0);
});

t.test('a sender that does not listen is reported once and asked rarely', async (t) => {
  const { clock, asked, timeouts, requests } = create();
  requests.need();
  clock.advance(14_600);
  t.same(timeouts, [4500]);
  t.same(asked.slice(9), [4500, 9500, 14_500]);
  requests.close();
  requests.need();
  t.equal(clock.pending, 0);
});

t.test('timeouts that are made up for come at most once in their interval', async (t) => {
  const made = create({ interval: 1000, timeout: 300, timeoutInterval: 2000, onTimeout: () => replay() });
  const { clock, asked, timeouts, requests } = made;
  const replay = () => {
    timeouts.push(clock.now() - 1000);
    requests.satisfy();
  };
  requests.need();
  clock.advance(100);
  requests.need();
  clock.advance(300);
  requests.need();
  clock.advance(3000);
  t.same(timeouts, [300, 2300]);
  t.same(asked, [0, 1000, 2000]);
  requests.need();
  requests.close();
  t.equal(clock.pending, 0);
});
