import type { Clock } from '../../clock/clock.ts';
import type { Frame } from './frame.ts';
import { lookAhead } from './look-ahead.ts';
import { Pacer } from './pacer.ts';
import { prefetched } from './prefetch.ts';
import type { TrackSender } from './track-sender.ts';

/** A track and the sender of its frames. */
export interface PlayedTrack {
  readonly frames: AsyncIterable<Frame>;
  readonly sender: TrackSender;
}

/**
 * Plays the tracks of a file once, in real time, by one clock. Resolves after the duration of the last frame, or when `signal` is aborted.
 * Rejects with errors of reading; a track that fails before its first frame is left out when there are others.
 */
export async function playTracks(tracks: readonly PlayedTrack[], clock: Clock, signal: AbortSignal): Promise<void> {
  // The clock starts when every track has a frame.
  const results = await Promise.allSettled(
    tracks.map(async ({ frames, sender }) => ({ sender, ...(await lookAhead(prefetched(frames, lengthOf), 1)) })),
  );
  const begun = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const times = begun.flatMap(({ first }) => first.map(({ time }) => time));
  if (times.length === 0) {
    const failed = results.find((result) => result.status === 'rejected');
    throw failed?.reason ?? new RangeError('The file has nothing to play.');
  }
  const pacer = new Pacer(clock, Math.min(...times), signal);
  await Promise.all(begun.map(({ all, sender }) => playTrack({ frames: all, sender }, pacer)));
}

async function playTrack({ frames, sender }: PlayedTrack, pacer: Pacer): Promise<void> {
  let end = 0;
  for await (const frame of frames) {
    if (!(await pacer.until(frame.time))) return;
    sender.send(frame, pacer.instantOf(frame.time));
    end = frame.time + frame.duration;
  }
  await pacer.until(end);
}

function lengthOf({ payloads }: Frame): number {
  return payloads.reduce((sum, { length }) => sum + length, 0);
}
