import t from 'tap';
import { KeyframeRequests } from '../../../src/component/rtsp/keyframe-requests.ts';
import { HeldClock } from '../../clock/held-clock.ts';

function open() {
  const clock = new HeldClock(10_000);
  const done: [string, number][] = [];
  const note = (what: string) => () => void done.push([what, clock.now() - 10_000]);
  return { clock, done, requests: new KeyframeRequests({ clock, ask: note('ask'), replay: note('replay') }) };
}

t.test('the source is asked at most once a second', async (t) => {
  const { clock, done, requests } = open();
  for (let time = 0; time <= 1000; time += 100) {
    requests.request();
    requests.satisfied();
    clock.advance(100);
  }
  t.same(done, [
    ['ask', 0],
    ['ask', 1000],
  ]);
  t.equal(clock.pending, 0);
});

t.test('no keyframe within 300 ms: a replay, at most one in 2 s', async (t) => {
  const { clock, done, requests } = open();
  requests.request();
  clock.advance(100);
  requests.request();
  clock.advance(300);
  requests.request();
  clock.advance(3000);
  t.same(done, [
    ['ask', 0],
    ['replay', 300],
    ['replay', 2300],
  ]);
  requests.request();
  requests.close();
  t.equal(clock.pending, 0);
});
