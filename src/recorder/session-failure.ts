import type { OutputError } from '../output/program-output.ts';

/** Why a session failed, and whether the machine is at fault, which is then wrong for the sessions that follow, too. */
const kinds = {
  /** The room did not come up, or could not be made. */
  notJoined: { ofMachine: false, text: 'The room could not be joined' },
  /** Somebody sends, and nothing was received. */
  noMedia: { ofMachine: false, text: 'No media was received' },
  /** What is received did not reach the recorder. */
  disconnected: { ofMachine: false, text: 'The media did not reach the recorder' },
  /** The program of the room never began. */
  notStarted: { ofMachine: true, text: 'The capture did not begin' },
  /** The program, or what it went out to, ended too early. */
  broken: { ofMachine: false, text: 'The capture broke' },
  /** The other side does not take it, ever. */
  refused: { ofMachine: false, text: 'The target refused the stream' },
  targetNotAllowed: { ofMachine: false, text: 'The target is not allowed' },
  storage: { ofMachine: true, text: 'The disk does not take the file' },
  directory: { ofMachine: true, text: 'The directory cannot be created' },
  directoryNotWritable: { ofMachine: true, text: 'The directory is not writable' },
  /** A finish step failed. */
  finish: { ofMachine: true, text: 'The recording could not be finished' },
  /** The other side of a gateway ended with an error. */
  gateway: { ofMachine: false, text: 'The gateway ended' },
} as const;

export type FailureKind = keyof typeof kinds;

/** Why a session of a recorder failed. */
export class SessionFailure extends Error {
  override readonly name = 'SessionFailure';
  readonly kind: FailureKind;
  /** How it came about, without secrets; empty when the kind says it all. */
  readonly detail: string;

  constructor(kind: FailureKind, detail = '') {
    super(detail === '' ? kinds[kind].text : `${kinds[kind].text}: ${detail}`);
    this.kind = kind;
    this.detail = detail;
  }

  /** Whether the machine is at fault: its recorder is unhealthy from then on. */
  get ofMachine(): boolean {
    return kinds[this.kind].ofMachine;
  }
}

/** Why an output of a session failed. @param samples of the program that came before */
export function outputFailure({ kind, message, cause }: OutputError, samples: number): SessionFailure {
  if (kind !== 'program') return new SessionFailure(kind, message);
  const detail = cause instanceof Error ? cause.message : '';
  return new SessionFailure(samples === 0 ? 'notStarted' : 'broken', detail);
}
