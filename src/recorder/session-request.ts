import type { Participant } from './participants.ts';

/** An MP4 file in a directory that is named after the session. */
export interface FileDestination {
  readonly kind: 'file';
  /** What the file is called after, whatever its characters. */
  readonly name: string;
  /** What the finish steps are told of the recording. @param participants everybody who was there so far */
  readonly metadata: (participants: readonly Participant[]) => Readonly<Record<string, unknown>>;
}
