/** SYSTEM errors make the recorder unhealthy; SESSION errors end one session only. */
export type ErrorScope = 'SESSION' | 'SYSTEM';

/** Why a session failed: docs/contracts/jibri.md 4.4. The detail goes out to webhooks, so it never holds a secret. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly scope: ErrorScope;
  readonly shouldRetry: boolean;

  constructor(detail: string, scope: ErrorScope = 'SESSION', shouldRetry = true) {
    super(detail);
    this.scope = scope;
    this.shouldRetry = shouldRetry;
  }
}

/** The texts that orchestrators compare, odd spelling included. */
export const failures = {
  join: () => new SessionError('Failed to join the call'),
  noMedia: () => new SessionError('No media received'),
  transport: () => new SessionError('ICE failed'),
  capture: () => new SessionError('Ffmpeg failed to start', 'SYSTEM'),
  targetNotAllowed: (target: string) => new SessionError(`RTMP URL ${target} is not allowed`),
  directory: () => new SessionError('Could not creat recordings director', 'SYSTEM'),
  directoryNotWritable: () => new SessionError('Recordings directory is not writable', 'SYSTEM'),
  metadata: () => new SessionError('Could not write meeting metadata', 'SYSTEM'),
  sipEnded: (code: number) => new SessionError(`Pjsua exited with code ${code}`),
} as const;
