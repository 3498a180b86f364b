import { EventEmitter } from 'node:events';
import type { Producer } from 'mediasoup/types';
import t from 'tap';
import { SenderReports } from '../../src/sfu/sender-reports.ts';
import { HeldClock } from '../clock/held-clock.ts';

/** The part of a producer that emits reports. */
class TracedProducer extends EventEmitter {
  readonly asked: string[][] = [];

  async enableTraceEvent(types: string[]): Promise<void> {
    this.asked.push(types);
    throw new Error('It is closed.');
  }

  trace(type: string, info: Record<string, number>): void {
    this.emit('trace', { type, info });
  }
}

t.test('the last report of each layer is kept, with its age', async (t) => {
  const clock = new HeldClock(1000);
  const producer = new TracedProducer();
  const reports = new SenderReports(producer as unknown as Producer, clock);
  const heard: number[] = [];
  reports.observer.on('report', ({ timestamp }) => heard.push(timestamp));
  t.same(producer.asked, [['sr']]);
  t.same(reports.last, []);
  producer.trace('sr', { ssrc: 1, ntpSec: 10, ntpFrac: 2 ** 31, rtpTs: 90 });
  clock.advance(200);
  producer.trace('sr', { ssrc: 2, ntpSec: 0, ntpFrac: 0, rtpTs: 80 });
  producer.trace('keyframe', { ssrc: 2, ntpSec: 1, rtpTs: 70 });
  producer.trace('sr', { ssrc: 2, ntpSec: 20, ntpFrac: 0, rtpTs: 60 });
  clock.advance(300);
  t.same(reports.last, [
    { instant: 10_500, timestamp: 90, age: 500 },
    { instant: 20_000, timestamp: 60, age: 300 },
  ]);
  producer.trace('sr', { ssrc: 1, ntpSec: 11, ntpFrac: 0, rtpTs: 95 });
  t.match(reports.last[0], { instant: 11_000, timestamp: 95, age: 0 });
  t.same(heard, [90, 60, 95]);
});

t.test('the age of a report is not changed by a step of the time of day', async (t) => {
  const clock = new HeldClock(1e12);
  const producer = new TracedProducer();
  const reports = new SenderReports(producer as unknown as Producer, clock);
  producer.trace('sr', { ssrc: 1, ntpSec: 10, ntpFrac: 0, rtpTs: 90 });
  clock.advance(200);
  for (const step of [300_000, -3_600_000]) {
    clock.setTime(1e12 + step);
    t.match(reports.last, [{ age: 200 }]);
  }
});
