import t from 'tap';
import { JitterBuffer, type JitterBufferOptions } from '../../src/media/jitter-buffer.ts';
import type { RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import { HeldClock } from '../clock/held-clock.ts';

interface Entry {
  readonly packet: RtpPacket;
}

function createBuffer(options: Partial<JitterBufferOptions<Entry>> = {}) {
  const clock = new HeldClock();
  const out: (number | string)[] = [];
  const buffer = new JitterBuffer<Entry>({
    ...{ clock, delay: 120, maxHeld: 1024, maxBehind: 3000 },
    deliver: ({ packet: { sequenceNumber } }, lost) => {
      if (lost === 'restart') out.push('restart');
      out.push(typeof lost === 'number' && lost > 0 ? `lost ${lost} before ${sequenceNumber}` : sequenceNumber);
    },
    ...options,
  });
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
      buffer.push({ packet });
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
  ['another count begins', [10, 40_000, 40_001], [10, 'restart', 40_000, 40_001]],
];
for (const [name, pushed, delivered] of cases) {
  t.test(name, async (t) => {
    const { clock, push, out } = createBuffer();
    push(...pushed);
    t.same(out, delivered);
    t.equal(clock.pending, 0, 'nothing is waited for');
  });
}

t.test('a packet that is missing for 120 ms is lost', async (t) => {
  const { clock, push, out } = createBuffer();
  push(1, 3);
  clock.advance(100);
  push(6);
  clock.advance(19);
  t.same(out, [1]);
  clock.advance(1);
  t.same(out, [1, 'lost 1 before 3']);
  push(2);
  t.same(out, [1, 'lost 1 before 3'], 'it is not wanted any more');
  clock.advance(100);
  t.same(out, [1, 'lost 1 before 3', 'lost 2 before 6'], 'each gap has its own time');
  t.equal(clock.pending, 0);
});

t.test('a packet missing after a filled gap is waited for as long', async (t) => {
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

t.test('a bounded number of packets is held, and none after close', async (t) => {
  const { clock, buffer, push, out } = createBuffer();
  push(1, ...Array.from({ length: 1025 }, (_, index) => index + 3));
  t.equal(out.length, 1026);
  push(2000);
  buffer.close();
  t.equal(clock.pending, 0);
});

t.test('each packet behind a gap is held for the delay at most', async (t) => {
  const { clock, push, out } = createBuffer({ delay: 40, maxHeld: 32 });
  push(10);
  push(12, 13);
  clock.advance(20);
  push(15);
  clock.advance(19);
  t.same(out, [10]);
  clock.advance(1);
  t.same(out.splice(0), [10, 'lost 1 before 12', 13]);
  push(14);
  t.same(out.splice(0), [14, 15]);
  push(11);
  t.same(out, [], 'too late');
  t.equal(clock.pending, 0);
});

t.test('a packet that is far ahead is not waited for', async (t) => {
  const { clock, push, out } = createBuffer({ maxHeld: 32 });
  push(0);
  const held = Array.from({ length: 31 }, (_, index) => index + 2);
  push(...held);
  t.same(out, [0]);
  push(40);
  t.same(out, [0, 'lost 1 before 2', ...held.slice(1), 'lost 7 before 40']);
  t.equal(clock.pending, 0);
});

t.test('without holding anything back losses show at once', async (t) => {
  const { clock, push, out } = createBuffer({ maxHeld: 0 });
  push(65_534, 65_535, 0, 3, 2, 3, 4);
  t.same(out, [65_534, 65_535, 0, 'lost 2 before 3', 4]);
  t.equal(clock.pending, 0);
});

t.test('a sender that restarts its sequence numbers is accepted after some packets', async (t) => {
  const { push, out } = createBuffer({ maxBehind: Number.POSITIVE_INFINITY, maxLate: 100 });
  push(20_000, ...Array.from({ length: 120 }, (_, index) => index));
  t.same(out, [20_000, 'restart', ...Array.from({ length: 21 }, (_, index) => index + 99)]);
});

t.test('a restarted buffer hands over what it holds and takes any number', async (t) => {
  const { clock, buffer, push, out } = createBuffer();
  push(0, 2);
  buffer.restart();
  t.same(out.splice(0), [0, 'lost 1 before 2']);
  push(500, 502);
  t.same(out, [500]);
  buffer.close();
  t.equal(clock.pending, 0);
});
