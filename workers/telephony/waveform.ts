/** A part of a signal. */
interface Stretch {
  readonly samples: Int16Array;
  readonly from: number;
}

/**
 * The distance in samples at which a signal is most like itself: a multiple of the pitch of a voice, where a cut cannot be heard.
 * @param here compared with the same signal so many samples before it (or behind it)
 * @param length of the comparison @param direction -1: before it; 1: behind it
 * @param range the shortest and the longest distance
 */
export function likeness(
  { samples, from }: Stretch,
  length: number,
  direction: -1 | 1,
  range: { readonly min: number; readonly max: number },
): number {
  // a rate of 48 kHz is looked at as one of 16 kHz
  const step = length > 200 ? 3 : 1;
  const measure = (lag: number) => correlation(samples, from, from + direction * lag, length, step);
  let best = bestOf(range.min, range.max, step, measure);
  if (step > 1) best = bestOf(Math.max(best - 2, range.min), Math.min(best + 2, range.max), 1, measure);
  return best;
}

function bestOf(min: number, max: number, step: number, measure: (lag: number) => number): number {
  let best = min;
  let most = Number.NEGATIVE_INFINITY;
  for (let lag = min; lag <= max; lag += step) {
    const value = measure(lag);
    if (value <= most) continue;
    most = value;
    best = lag;
  }
  return best;
}

/** Normalized by the energy of the second stretch: that of the first is the same for all distances. */
function correlation(samples: Int16Array, one: number, other: number, length: number, step: number): number {
  let product = 0;
  let energy = 1;
  for (let at = 0; at < length; at += step) {
    const second = samples[other + at] ?? 0;
    product += (samples[one + at] ?? 0) * second;
    energy += second * second;
  }
  return product / Math.sqrt(energy);
}

/** Blends linearly from one signal into the other. Writes to `target`, which may be one of them. */
export function blend(one: Stretch, other: Stretch, target: Stretch, length: number): void {
  for (let at = 0; at < length; at += 1) {
    const share = (at + 1) / (length + 1);
    const before = one.samples[one.from + at] ?? 0;
    const after = other.samples[other.from + at] ?? 0;
    target.samples[target.from + at] = Math.round(before + (after - before) * share);
  }
}
