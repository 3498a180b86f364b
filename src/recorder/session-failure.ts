import type { OutputError } from '../output/program-output.ts';

/** The kinds of failure. True: the machine is at fault, and so will be for the sessions that follow. */
const kinds = {
  /** The room did not come up, or could not be made. */
  notJoined: false,
  /** Somebody sends, and nothing was received. */
  noMedia: false,
  /** What was received did not reach the recorder. */
  disconnected: false,
  /** The program of the room never began. */
  notStarted: true,
  /** The program, or what it went out to, ended too early. */
  broken: false,
  /** The target does not take the stream, ever. */
  refused: false,
  targetNotAllowed: false,
  /** The disk does not take the file. */
  storage: true,
  /** The directory cannot be created. */
  directory: true,
  directoryNotWritable: true,
  /** A finish step failed. */
  finish: true,
  /** The other side of a gateway ended with an error. */
  gateway: false,
};

export type FailureKind = keyof typeof kinds;

/** Why a session of a recorder failed. */
export class SessionFailure extends Error {
  override readonly name = 'SessionFailure';
  readonly kind: FailureKind;
  /** How it came about, without secrets; empty when the kind says it all. */
  readonly detail: string;

  constructor(kind: FailureKind, detail = '') {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
  }

  /** Whether the machine is at fault: its recorder is unhealthy from then on. */
  get ofMachine(): boolean {
    return kinds[this.kind];
  }
}

/** Why an output of a session failed. @param samples of the program that came before */
export function outputFailure({ kind, message, cause }: OutputError, samples: number): SessionFailure {
  if (kind !== 'program') return new SessionFailure(kind, message);
  const detail = cause instanceof Error ? cause.message : '';
  return new SessionFailure(samples === 0 ? 'notStarted' : 'broken', detail);
}
