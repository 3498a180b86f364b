import type { ClockReport } from '../media/rtp/rtcp.ts';
import type { Size } from '../media/size.ts';
import type { ForwardedStream } from '../sfu/rtp-forward.ts';

/** A track with its last sender reports: one for each simulcast layer. */
export interface AddTrack<Track> {
  readonly type: 'addTrack';
  readonly track: Track;
  /** Identifies its RTP packets; all others on its port are dropped. */
  readonly stream: ForwardedStream;
  readonly reports: readonly ClockReport[];
  /** Whether the worker is to say which size it needs the track in. */
  readonly simulcast?: boolean;
}

/** To a composer or track recorder. */
export type ToTrackWorker<Track> =
  | AddTrack<Track>
  | { readonly type: 'senderReport'; readonly trackId: string; readonly report: ClockReport }
  | { readonly type: 'removeTrack'; readonly trackId: string };

/** From a composer or track recorder. */
export type FromTrackWorker =
  | { readonly type: 'ready' }
  /** The worker receives the RTP of the track on this UDP port of 127.0.0.1. */
  | { readonly type: 'listening'; readonly trackId: string; readonly port: number }
  | { readonly type: 'keyframeNeeded'; readonly trackId: string }
  /** A simulcast track is shown in this size; `frame`: size of its received frames, once it is known. Told when either changes. */
  | { readonly type: 'tileSize'; readonly trackId: string; readonly tile: Size; readonly frame: Size | undefined }
  /** A partial failure, for the log. */
  | { readonly type: 'trouble'; readonly sentence: string; readonly fields: Readonly<Record<string, unknown>> };
