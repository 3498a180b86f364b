import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** -7. Not the highest: whatever a worker does, the server and mediasoup go on. */
const priority = constants.priority.PRIORITY_ABOVE_NORMAL;

/**
 * Lets the main thread of this process run before what can wait: a mix is of use for 20 ms only. Nothing is changed without the right to
 * (root, or the capability SYS_NICE).
 */
export function runFirst(): void {
  attempt(() => setPriority(priority));
  // sched(7): where sessions are scheduled as groups, and this process has one of its own, that alone has no effect on others
  attempt(() => writeFileSync('/proc/self/autogroup', `${priority}`));
}

function attempt(raise: () => void): void {
  try {
    raise();
  } catch {
    // not allowed, or no such groups here
  }
}
