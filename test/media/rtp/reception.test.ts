import t from 'tap';
import { Reception } from '../../../src/media/rtp/reception.ts';

const rate = 8000;
/** Ms between packets, and ticks. */
const step = 20;
const ticks = 160;

/** Receives packets in this order, each on time for its place in it. */
function receive(reception: Reception, numbers: readonly number[], begin = 0): void {
  for (const [index, number] of numbers.entries()) {
    reception.packet({ sequenceNumber: number & 0xffff, timestamp: (number * ticks) >>> 0 }, begin + index * step);
  }
}

t.test('losses are counted in all and since the last report', async (t) => {
  const reception = new Reception(7, rate);
  receive(reception, [1, 2, 3, 5]);
  t.match(reception.report(0), { ssrc: 7, lost: 1, fractionLost: Math.floor(256 / 5), highestSequenceNumber: 5 });
  receive(reception, [6, 7]);
  t.match(reception.report(0), { lost: 1, fractionLost: 0, highestSequenceNumber: 7 });
  receive(reception, [9, 8, 8, 8]);
  t.match(reception.report(0), { lost: -1, fractionLost: 0, highestSequenceNumber: 9 }, 'duplicates');
});

t.test('nothing is reported lost while nothing comes', async (t) => {
  const reception = new Reception(7, rate);
  const nothing = { lost: 0, fractionLost: 0, jitter: 0, lastSenderReport: 0, sinceSenderReport: 0 };
  t.match(reception.report(5000), nothing);
  receive(reception, [4]);
  reception.report(0);
  t.match(reception.report(5000), nothing);
});

t.test('sequence numbers go on after their wraps', async (t) => {
  const reception = new Reception(7, rate);
  receive(
    reception,
    Array.from({ length: 140_000 }, (_, index) => index),
  );
  t.match(reception.report(0), { lost: 0, highestSequenceNumber: 139_999 });
});

t.test('a restart of the numbers is no loss, a stray packet no restart', async (t) => {
  const reception = new Reception(7, rate);
  receive(reception, [100, 101, 40_000, 102, 103]);
  t.match(reception.report(0), { lost: 0, highestSequenceNumber: 103 });
  receive(reception, [50_000, 50_001, 50_002]);
  t.match(reception.report(0), { lost: 0, fractionLost: 0, highestSequenceNumber: 50_002 });
});

t.test('jitter is the mean change of the transit time', async (t) => {
  const steady = new Reception(7, rate);
  for (let index = 0; index < 500; index += 1) {
    steady.packet({ sequenceNumber: index, timestamp: (2 ** 32 - 1000 + index * ticks) % 2 ** 32 }, index * step);
  }
  t.equal(steady.report(0).jitter, 0);
  const shaky = new Reception(7, rate);
  for (let index = 0; index < 500; index += 1) {
    shaky.packet({ sequenceNumber: index, timestamp: index * ticks }, index * step + (index % 2) * 10);
  }
  t.equal(shaky.report(0).jitter, 79, '10 ms, almost');
  shaky.packet({ sequenceNumber: 500, timestamp: 2 ** 31 }, 500 * step);
  t.ok(shaky.report(0).jitter < 80, 'a jump of the clock');
});

t.test('the time since the last sender report is reported', async (t) => {
  const reception = new Reception(7, rate);
  reception.senderReport({ ntpTime: 0x1234_5678_9abc_def0n }, 1000);
  t.match(reception.report(3500), { lastSenderReport: 0x5678_9abc, sinceSenderReport: 2.5 * 65_536 });
});
