import type { Clock } from '../../src/clock/clock.ts';
import type { ProgramTrack } from '../../src/program/composer-message.ts';
import type { ForwardedStream } from '../../src/sfu/rtp-forward.ts';
import type { EndpointClock } from '../ingest/endpoint-clock.ts';

/** The dependencies of a track of the program. */
export interface TrackEnvironment {
  readonly track: ProgramTrack;
  readonly stream: ForwardedStream;
  /** The clock of its endpoint. */
  readonly endpointClock: EndpointClock;
  /** A monotonic clock. */
  readonly clock: Clock;
  readonly onTrouble: (sentence: string, fields: Readonly<Record<string, unknown>>) => void;
}
