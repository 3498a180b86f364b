import type { Logger } from '../../log/logger.ts';
import type { FeedCodec } from '../../sfu/rtp-feed.ts';

/** When something is shown or heard. */
export interface Timing {
  /** Seconds; where zero lies is the same for all tracks of a file. */
  readonly time: number;
  /** Seconds. */
  readonly duration: number;
}

/** One picture or one packet of audio, ready to be sent. */
export interface Frame extends Timing {
  /** Whether decoding can start here. */
  readonly key: boolean;
  /** RTP payloads. */
  readonly payloads: readonly Buffer[];
}

/** One track of a file as it is played: in the order of sending, times never going back. */
export interface FrameTrack {
  readonly codec: FeedCodec;
  readonly frames: AsyncIterable<Frame>;
}

/** What everything that reads a file is given. */
export interface Playback {
  readonly logger: Logger;
  /** Ends the processes that take part. */
  readonly signal: AbortSignal;
}
