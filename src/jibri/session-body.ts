import type { FailureKind, SessionFailure } from '../recorder/session-failure.ts';
import type { SessionChange } from '../recorder/slot.ts';

type Text = string | ((detail: string) => string);

/** Texts that orchestrators compare, including their odd spelling: docs/contracts/jibri.md 4.4. */
const texts: Readonly<Record<FailureKind, Text>> = {
  notJoined: 'Failed to join the call',
  noMedia: 'No media received',
  disconnected: 'ICE failed',
  notStarted: 'Ffmpeg failed to start',
  broken: (detail) => detail,
  refused: (detail) => detail,
  storage: (detail) => detail,
  targetNotAllowed: (target) => `RTMP URL ${target} is not allowed`,
  directory: 'Could not creat recordings director',
  directoryNotWritable: 'Recordings directory is not writable',
  finish: 'Could not write meeting metadata',
  remoteBusy: 'Remote side busy',
  // pjsua has a code of its own for 'busy' only.
  gateway: 'Pjsua exited with code 1',
};

/** The session in webhooks: docs/contracts/jibri.md 5. */
export function sessionBody({ request: { id, destination }, state, failure }: SessionChange) {
  return {
    sessionId: id,
    status: state === 'running' ? 'ON' : 'OFF',
    sipAddress: destination.kind === 'gateway' ? destination.sipAddress : null,
    failure: failure ? { reason: 'ERROR', error: failureBody(failure) } : null,
    shouldRetry: failure ? failure.kind !== 'refused' : null,
  };
}

function failureBody({ kind, detail, ofMachine }: SessionFailure) {
  const text = texts[kind];
  return { scope: ofMachine ? 'SYSTEM' : 'SESSION', detail: typeof text === 'string' ? text : text(detail) };
}
