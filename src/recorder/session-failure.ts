import type { OutputError } from '../output/program-output.ts';

/** The kinds of failure. True: the machine is at fault, and later sessions would fail, too. */
const kinds = {
  /** The room did not appear or could not be created. */
  notJoined: false,
  /** A participant sends, but nothing was received. */
  noMedia: false,
  /** The received media did not reach the recorder. */
  disconnected: false,
  /** The program of the room did not start. */
  notStarted: true,
  /** The program or its output ended too early. */
  broken: false,
  /** The target refuses the stream. */
  refused: false,
  targetNotAllowed: false,
  /** The file cannot be written. */
  storage: true,
  /** The directory cannot be created. */
  directory: true,
  directoryNotWritable: true,
  /** A finish step failed. */
  finish: true,
  /** The other side of a gateway's call is busy. */
  remoteBusy: false,
  /** The call of a gateway failed. */
  gateway: false,
};

export type FailureKind = keyof typeof kinds;

/** Why a recorder session failed. */
export class SessionFailure extends Error {
  override readonly name = 'SessionFailure';
  readonly kind: FailureKind;
  /** Details without secrets; empty when the kind is enough. */
  readonly detail: string;

  constructor(kind: FailureKind, detail = '') {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
  }

  /** Whether the machine is at fault: then the recorder becomes unhealthy. */
  get ofMachine(): boolean {
    return kinds[this.kind];
  }
}

/** The failure of a session whose output failed. @param samples number of samples before the failure */
export function outputFailure({ kind, message, cause }: OutputError, samples: number): SessionFailure {
  if (kind !== 'program') return new SessionFailure(kind, message);
  const detail = cause instanceof Error ? cause.message : '';
  return new SessionFailure(samples === 0 ? 'notStarted' : 'broken', detail);
}
