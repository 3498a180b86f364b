/** Limits of kept media; both undefined: it is kept for ever. */
export interface Retention {
  /** Maximum age, in ms. */
  readonly age?: number | undefined;
  /** Maximum total size, in bytes. */
  readonly size?: number | undefined;
}

/** A medium that is not needed any more. */
export interface FinishedMedia {
  /** In ms since the Unix epoch. */
  readonly endedAt: number;
  /** In bytes. */
  readonly size: number;
}

/** The media to be deleted: all that is too old, then the oldest until the rest is small enough. */
export function expired<M extends FinishedMedia>(finished: readonly M[], { age, size }: Retention, now: number): M[] {
  const oldestFirst = [...finished].sort((a, b) => a.endedAt - b.endedAt);
  let total = oldestFirst.reduce((sum, media) => sum + media.size, 0);
  return oldestFirst.filter((media) => {
    const tooOld = age !== undefined && now - media.endedAt >= age;
    const tooMuch = size !== undefined && total > size;
    if (!tooOld && !tooMuch) return false;
    total -= media.size;
    return true;
  });
}
