import { EventEmitter } from 'node:events';
import type { Producer, ProducerTraceEventData } from 'mediasoup/types';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { ClockReport } from '../media/rtp/rtcp.ts';

/**
 * What the sender of a publication says about its clock. Reports of a consumer are no substitute: until mediasoup has three from a sender it
 * takes arrival for capture, and for senders that share a clock but no transport it never notices that they do.
 */
export class SenderReports {
  readonly observer = new EventEmitter<{ report: [ClockReport] }>();
  readonly #clock: Clock;
  /** The last one of each stream, and when it came. */
  readonly #last = new Map<number, { readonly report: ClockReport; readonly at: number }>();

  constructor(producer: Producer, clock: Clock = systemClock) {
    this.#clock = clock;
    this.observer.setMaxListeners(0);
    producer.on('trace', (trace) => this.#take(trace));
    // one that is closed meanwhile has nothing to say
    producer.enableTraceEvent(['sr']).catch(() => undefined);
  }

  /** The last one of each simulcast layer. */
  get last(): ClockReport[] {
    const now = this.#clock.now();
    return Array.from(this.#last.values(), ({ report, at }) => ({ ...report, age: now - at }));
  }

  #take({ type, info }: ProducerTraceEventData): void {
    if (type !== 'sr') return;
    const { ssrc = 0, ntpSec = 0, ntpFrac = 0, rtpTs: timestamp = 0 } = info as Record<string, number>;
    // no time of day
    if (ntpSec === 0 && ntpFrac === 0) return;
    const report = { instant: ntpSec * 1000 + (ntpFrac * 1000) / 2 ** 32, timestamp, age: 0 };
    this.#last.set(ssrc, { report, at: this.#clock.now() });
    this.observer.emit('report', report);
  }
}
