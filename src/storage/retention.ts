/** How long finished media is kept; both undefined: for ever. */
export interface Retention {
  /** Milliseconds. */
  readonly age?: number | undefined;
  /** Bytes of all media together. */
  readonly size?: number | undefined;
}

/** Media that nothing depends on any more. */
export interface FinishedMedia {
  /** Milliseconds since the Unix epoch. */
  readonly endedAt: number;
  /** Bytes. */
  readonly size: number;
}

/** What has to go: all that is too old, then the oldest until the rest is small enough. */
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
