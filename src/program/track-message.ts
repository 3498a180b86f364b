import type { ClockReport } from '../media/rtp/rtcp.ts';
import type { ForwardedStream } from '../sfu/rtp-forward.ts';

/** A track, and what its sender has said of its clock so far: one report for each simulcast layer. */
export interface AddTrack<Track> {
  readonly type: 'addTrack';
  readonly track: Track;
  /** How its RTP arrives; everything else on its port is dropped. */
  readonly stream: ForwardedStream;
  readonly reports: readonly ClockReport[];
}

/** To a worker process that takes tracks of a room, whatever it makes of them. */
export type ToTrackWorker<Track> =
  | AddTrack<Track>
  | { readonly type: 'senderReport'; readonly trackId: string; readonly report: ClockReport }
  | { readonly type: 'removeTrack'; readonly trackId: string };

/** From such a worker. */
export type FromTrackWorker =
  | { readonly type: 'ready' }
  /** RTP of the track is expected on this UDP port of 127.0.0.1. */
  | { readonly type: 'listening'; readonly trackId: string; readonly port: number }
  | { readonly type: 'keyframeNeeded'; readonly trackId: string }
  /** A part of the work failed. For the log. */
  | { readonly type: 'trouble'; readonly sentence: string; readonly fields: Readonly<Record<string, unknown>> };
