// docs/contracts/jibri.md 4.4: the scopes and texts that orchestrators compare.
import t from 'tap';
import { sessionBody } from '../../src/jibri/session-body.ts';
import { type FailureKind, SessionFailure } from '../../src/recorder/session-failure.ts';
import type { SessionChange } from '../../src/recorder/slot.ts';

const request: SessionChange['request'] = {
  id: 's',
  room: 'standup',
  destination: { kind: 'gateway', sipAddress: 'a@b' },
  limits: { callEmpty: 0, noMedia: 0, allMuted: 0, transport: 0, usage: 0 },
};

t.test('a session without a failure has null members', async (t) => {
  const expected = { sessionId: 's', sipAddress: 'a@b', failure: null, shouldRetry: null };
  for (const [state, status] of [['running', 'ON'] as const, ['ended', 'OFF'] as const]) {
    t.strictSame(sessionBody({ request, state, failure: undefined }), { ...expected, status });
  }
});

t.test('each failure has its text, its scope, and whether another try makes sense', async (t) => {
  const cases: Record<FailureKind, readonly [detail: string, scope: string, shouldRetry: boolean]> = {
    notJoined: ['Failed to join the call', 'SESSION', true],
    noMedia: ['No media received', 'SESSION', true],
    disconnected: ['ICE failed', 'SESSION', true],
    notStarted: ['Ffmpeg failed to start', 'SYSTEM', true],
    broken: ['x', 'SESSION', true],
    refused: ['x', 'SESSION', false],
    targetNotAllowed: ['RTMP URL x is not allowed', 'SESSION', true],
    storage: ['x', 'SYSTEM', true],
    directory: ['Could not creat recordings director', 'SYSTEM', true],
    directoryNotWritable: ['Recordings directory is not writable', 'SYSTEM', true],
    finish: ['Could not write meeting metadata', 'SYSTEM', true],
    gateway: ['Pjsua exited with code 1', 'SESSION', true],
  };
  for (const [kind, [detail, scope, shouldRetry]] of Object.entries(cases)) {
    const failure = new SessionFailure(kind as FailureKind, 'x');
    const body = sessionBody({ request, state: 'ended', failure });
    t.match(body, { status: 'OFF', failure: { reason: 'ERROR', error: { scope, detail } }, shouldRetry }, kind);
  }
});
