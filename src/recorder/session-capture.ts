import type { EventEmitter } from 'node:events';
import type { Component } from '../room/component.ts';
import type { SessionFailure } from './session-failure.ts';
import type { CallState, SessionEnd } from './session-limits.ts';

export interface SessionCaptureEvents {
  /** It produces data; at most once. */
  running: [];
  /** It has ended by itself; at most once, and never after {@link SessionCapture.close}. */
  ended: [SessionEnd];
  /** What it had captured is lost; also after {@link SessionCapture.close}. */
  lost: [SessionFailure];
}

/** Who is told of a capture: given to it, so that nothing is missed. */
export type CaptureObserver = EventEmitter<SessionCaptureEvents>;

/** What a session does in its room: it captures the program, or takes part with a call. */
export interface SessionCapture {
  /** As which participants and backends see the session. */
  readonly component: Component;
  /** The state of the room's call, as this session sees it. */
  readState(): Promise<CallState>;
  /** Resolves when it is complete. Idempotent. */
  close(): Promise<void>;
}
