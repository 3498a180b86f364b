import type { Logger } from '../../log/logger.ts';
import type { FeedCodec } from '../../sfu/feed-codec.ts';

/** Presentation time and duration. */
export interface Timing {
  /** In seconds, from an origin that all tracks of a file share. */
  readonly time: number;
  /** In seconds. */
  readonly duration: number;
}

/** A video frame or an audio packet, ready to be sent. */
export interface Frame extends Timing {
  /** Whether decoding can start here. */
  readonly key: boolean;
  /** RTP payloads. */
  readonly payloads: readonly Buffer[];
}

/** A track of a file as it is played: frames in the order of sending, with times that never decrease. */
export interface FrameTrack {
  readonly codec: FeedCodec;
  readonly frames: AsyncIterable<Frame>;
}

/** What is common to everything that reads a file. */
export interface Playback {
  readonly logger: Logger;
  /** Ends the reading, and the processes that take part. */
  readonly signal: AbortSignal;
}
