import t from 'tap';
import { ReorderWindow } from '../../../src/component/rtsp/reorder-window.ts';
import { HeldClock } from '../../clock/held-clock.ts';

function open() {
  const clock = new HeldClock();
  const delivered: number[] = [];
  const window = new ReorderWindow(clock, ({ sequenceNumber }) => delivered.push(sequenceNumber));
  const push = (...numbers: number[]) => {
    for (const sequenceNumber of numbers) {
      window.push({ sequenceNumber, timestamp: 0, marker: false, payload: Buffer.alloc(1), ssrc: 1, payloadType: 96 });
    }
    return delivered.splice(0);
  };
  return { clock, window, push, delivered };
}

t.test('order is put right', async (t) => {
  const { push, clock } = open();
  t.same(push(65_534, 65_535), [65_534, 65_535]);
  t.same(push(2, 1, 1, 3), []);
  t.same(push(0), [0, 1, 2, 3]);
  t.equal(clock.pending, 0);
});

t.test('a missing one is waited for 40 ms', async (t) => {
  const { push, clock, delivered } = open();
  push(10);
  t.same(push(12, 13, 15), []);
  clock.advance(39);
  t.same(delivered, []);
  clock.advance(1);
  t.same(delivered.splice(0), [12, 13]);
  t.same(push(14), [14, 15]);
  t.same(push(11), [11], 'too late: the next stage decides');
  t.equal(clock.pending, 0);
});

t.test('not more than a few are held', async (t) => {
  const { push, clock } = open();
  push(0);
  const held = Array.from({ length: 31 }, (_, index) => index + 2);
  t.same(push(...held), []);
  t.same(push(40), [...held, 40]);
  t.equal(clock.pending, 0);
});

t.test('restart and close', async (t) => {
  const { push, window, clock, delivered } = open();
  push(0, 2);
  window.restart();
  t.same(delivered.splice(0), [2]);
  t.same(push(500, 502), [500]);
  window.close();
  t.equal(clock.pending, 0);
});
