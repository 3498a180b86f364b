/** Upper bounds of the lateness of a tick that are counted, in ms; beyond the last one is a bucket more. */
export const latenessBounds = [1, 2, 5, 10, 20, 50, 100] as const;

/** What mixers have counted. A worker sends what is new, once per second. */
export interface MixerCounts {
  /** Number of ticks by their lateness: one for each of {@link latenessBounds}, and one for those beyond. Each tick is in one. */
  readonly lateness: readonly number[];
  /** Sum of the lateness of all ticks, in ms. */
  readonly totalLateness: number;
  /** Ticks that were left out because the process was too late. */
  readonly skipped: number;
  /** Packets that could not be decoded. */
  readonly undecodable: number;
  /** Stretches of audio that were made up for what was lost or late. */
  readonly concealed: number;
}

export function addMixerCounts(all: readonly MixerCounts[]): MixerCounts {
  const sum = (of: (counts: MixerCounts) => number) => all.reduce((total, counts) => total + of(counts), 0);
  return {
    lateness: [...latenessBounds, Number.POSITIVE_INFINITY].map((_, index) =>
      sum(({ lateness }) => lateness[index] ?? 0),
    ),
    totalLateness: sum(({ totalLateness }) => totalLateness),
    skipped: sum(({ skipped }) => skipped),
    undecodable: sum(({ undecodable }) => undecodable),
    concealed: sum(({ concealed }) => concealed),
  };
}
