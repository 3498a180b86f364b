import t from 'tap';
import { ReorderBuffer } from '../../../workers/ingest/reorder-buffer.ts';
import { HeldClock } from '../../clock/held-clock.ts';

function createBuffer() {
  const clock = new HeldClock();
  const out: (number | string)[] = [];
  const buffer = new ReorderBuffer(clock, 120, ({ packet }, afterLoss) =>
    out.push(afterLoss ? `lost ${packet.sequenceNumber}` : packet.sequenceNumber),
  );
  const push = (...numbers: number[]) => {
    for (const sequenceNumber of numbers) {
      const packet = {
        sequenceNumber,
        timestamp: 0,
        marker: false,
        payload: Buffer.alloc(1),
        payloadType: 96,
        ssrc: 1,
      };
      buffer.push({ packet, at: clock.now() });
    }
  };
  return { clock, buffer, push, out };
}

const cases: [name: string, pushed: number[], delivered: (number | string)[]][] = [
  ['in order', [1, 2, 3], [1, 2, 3]],
  ['overtaken', [1, 3, 4, 2, 5], [1, 2, 3, 4, 5]],
  ['twice', [1, 2, 2, 1, 3], [1, 2, 3]],
  ['twice while held', [1, 3, 3, 2], [1, 2, 3]],
  ['numbers wrap', [65_534, 0, 65_535, 1], [65_534, 65_535, 0, 1]],
  ['another count begins', [10, 40_000, 40_001], [10, 'lost 40000', 40_001]],
];
for (const [name, pushed, delivered] of cases) {
  t.test(name, async (t) => {
    const { clock, push, out } = createBuffer();
    push(...pushed);
    t.same(out, delivered);
    t.equal(clock.pending, 0, 'nothing is waited for');
  });
}

t.test('what stays away for 120 ms is lost', async (t) => {
  const { clock, push, out } = createBuffer();
  push(1, 3);
  clock.advance(100);
  push(6);
  clock.advance(19);
  t.same(out, [1]);
  clock.advance(1);
  t.same(out, [1, 'lost 3']);
  push(2);
  t.same(out, [1, 'lost 3'], 'it is not wanted any more');
  clock.advance(100);
  t.same(out, [1, 'lost 3', 'lost 6'], 'each gap has its own time');
  t.equal(clock.pending, 0);
});

t.test('what is missing behind a gap that was filled is waited for as long', async (t) => {
  const { clock, push, out } = createBuffer();
  push(1, 3);
  clock.advance(90);
  push(5, 2);
  t.same(out, [1, 2, 3]);
  clock.advance(119);
  push(4);
  t.same(out, [1, 2, 3, 4, 5]);
  t.equal(clock.pending, 0);
});

t.test('it holds a bounded number back, and nothing once it is closed', async (t) => {
  const { clock, buffer, push, out } = createBuffer();
  push(1, ...Array.from({ length: 1025 }, (_, index) => index + 3));
  t.equal(out.length, 1026);
  push(2000);
  buffer.close();
  t.equal(clock.pending, 0);
});
