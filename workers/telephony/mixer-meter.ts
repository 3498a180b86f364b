import { latenessBounds, type MixerCounts } from '../../src/component/sip/media/mixer-counts.ts';

/** Counts what the mixers of this process do. */
export class MixerMeter {
  #lateness = noLateness();
  #totalLateness = 0;
  #skipped = 0;
  #undecodable = 0;
  #concealed = 0;

  /** Counts a tick. @param lateness in ms */
  tick(lateness: number): void {
    const bucket = latenessBounds.findIndex((bound) => lateness <= bound);
    const index = bucket < 0 ? latenessBounds.length : bucket;
    this.#lateness[index] = (this.#lateness[index] ?? 0) + 1;
    this.#totalLateness += lateness;
  }

  skipped(count: number): void {
    this.#skipped += count;
  }

  undecodable(): void {
    this.#undecodable += 1;
  }

  concealed(): void {
    this.#concealed += 1;
  }

  /** What was counted since the last call. */
  take(): MixerCounts {
    const counts = {
      lateness: this.#lateness,
      totalLateness: this.#totalLateness,
      skipped: this.#skipped,
      undecodable: this.#undecodable,
      concealed: this.#concealed,
    };
    this.#lateness = noLateness();
    this.#totalLateness = 0;
    this.#skipped = 0;
    this.#undecodable = 0;
    this.#concealed = 0;
    return counts;
  }
}

function noLateness(): number[] {
  return Array.from({ length: latenessBounds.length + 1 }, () => 0);
}
