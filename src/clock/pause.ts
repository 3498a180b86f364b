import type { Clock } from './clock.ts';

/** Resolves after `duration` ms, or as soon as `signal` is aborted. Never rejects. */
export async function pause(clock: Clock, duration: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.schedule(duration, done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
