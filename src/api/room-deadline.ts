import type { Clock } from '../clock/clock.ts';

/** Timeout of a room, in ms: docs/contracts/fishjam-rest.md 1.2. */
export const roomDeadline = 5_000;

/**
 * Waits for a room, but not for ever.
 * @throws when the time is over, what `onLate` returns; what the work gives after that goes to `discard`
 */
export function withinDeadline<T>(
  clock: Clock,
  work: Promise<T>,
  discard?: (late: T) => void,
  onLate: () => Error = () => new Error('A room did not respond in time.'),
): Promise<T> {
  return new Promise((resolve, reject) => {
    let late = false;
    const cancel = clock.schedule(roomDeadline, () => {
      late = true;
      reject(onLate());
    });
    work.then(
      (value) => {
        cancel();
        if (late) discard?.(value);
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
