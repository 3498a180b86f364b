import { type Clock, systemClock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import type { Logger } from '../log/logger.ts';
import type { MetricsReport } from './metrics-report.ts';

export interface MetricsReporterOptions {
  readonly report: Pick<MetricsReport, 'build' | 'forget'>;
  /** Whether there are subscribers. */
  readonly hasSubscribers: () => boolean;
  /** @param json the report, for every subscriber */
  readonly broadcast: (json: string) => void;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** Interval of reports, in ms. */
const period = 1000;

/**
 * Sends the metrics report once per second while there are subscribers. A report that takes longer delays the next one;
 * without subscribers nothing is measured.
 */
export class MetricsReporter {
  readonly #options: MetricsReporterOptions;
  readonly #interval: Interval;
  #closed = false;

  constructor(options: MetricsReporterOptions) {
    this.#options = options;
    this.#interval = new Interval(options.clock ?? systemClock, period, () => this.#send());
  }

  /** Waits for a running report. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#interval.close();
  }

  async #send(): Promise<void> {
    const { report, hasSubscribers, broadcast, logger } = this.#options;
    try {
      if (!hasSubscribers()) return report.forget();
      const json = JSON.stringify(await report.build());
      if (!this.#closed) broadcast(json);
    } catch (error) {
      logger.error({ err: error }, 'The metrics report failed.');
    }
  }
}
