import { EventEmitter } from 'node:events';
import type { Producer, ProducerTraceEventData } from 'mediasoup/types';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { ClockReport } from '../media/rtp/rtcp.ts';

/**
 * The RTCP sender reports of a publication. Those that mediasoup writes for a consumer are no substitute: until it has three reports of a
 * sender they hold the time of arrival, and they do not show that senders on different transports share a clock.
 */
export class SenderReports {
  readonly observer = new EventEmitter<{ report: [ClockReport] }>();
  readonly #clock: Clock;
  /** The last report of each SSRC, and when it arrived. */
  readonly #last = new Map<number, { readonly report: ClockReport; readonly at: number }>();

  constructor(producer: Producer, clock: Clock = systemClock) {
    this.#clock = clock;
    this.observer.setMaxListeners(0);
    producer.on('trace', (trace) => this.#take(trace));
    // rejects when the producer is closed meanwhile
    producer.enableTraceEvent(['sr']).catch(() => undefined);
  }

  /** The last report of each simulcast layer. */
  get last(): ClockReport[] {
    const now = this.#clock.monotonic();
    return Array.from(this.#last.values(), ({ report, at }) => ({ ...report, age: now - at }));
  }

  #take({ type, info }: ProducerTraceEventData): void {
    if (type !== 'sr') return;
    const { ssrc = 0, ntpSec = 0, ntpFrac = 0, rtpTs: timestamp = 0 } = info as Record<string, number>;
    // the sender has no wall clock
    if (ntpSec === 0 && ntpFrac === 0) return;
    const report = { instant: ntpSec * 1000 + (ntpFrac * 1000) / 2 ** 32, timestamp, age: 0 };
    this.#last.set(ssrc, { report, at: this.#clock.monotonic() });
    this.observer.emit('report', report);
  }
}
