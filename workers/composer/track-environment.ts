import type { Clock } from '../../src/clock/clock.ts';
import type { Spawn } from '../../src/process/child.ts';
import type { ProgramTrack } from '../../src/program/composer-message.ts';
import type { ForwardedStream } from '../../src/sfu/rtp-forward.ts';
import type { EndpointClock } from '../ingest/endpoint-clock.ts';

/** What a track of the program is made of and lives in. */
export interface TrackEnvironment {
  readonly track: ProgramTrack;
  readonly stream: ForwardedStream;
  /** That of its endpoint. */
  readonly endpointClock: EndpointClock;
  /** Monotonic. */
  readonly clock: Clock;
  readonly spawn?: Spawn | undefined;
  readonly onTrouble: (sentence: string, fields: Readonly<Record<string, unknown>>) => void;
}
