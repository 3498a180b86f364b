import type { ProgramConfig } from '../config/config.ts';
import type { ClockReport } from '../media/rtp/rtcp.ts';
import type { ProgramFormat, ProgramSample, ProgramStart } from '../media/sample.ts';
import type { TrackType } from '../room/track.ts';

/** How the picture and the sound of a program feed are made. */
export type ProgramSettings = ProgramConfig;

/** A track as the media worker is to place it. */
export interface ProgramTrack {
  readonly trackId: string;
  /** Tracks of one endpoint share a tile. */
  readonly endpointId: string;
  readonly kind: TrackType;
  /** Drawn on the tile; empty = none. */
  readonly name: string;
  /** Takes the big area below a top bar. */
  readonly screenshare: boolean;
}

/** How a track's RTP arrives; everything else on its port is dropped. */
export interface ProgramStream {
  readonly mimeType: 'video/H264' | 'video/VP8' | 'audio/opus';
  readonly payloadType: number;
  readonly ssrc: number;
  readonly rtxPayloadType?: number;
  readonly rtxSsrc?: number;
}

/** A track, and what its sender has said of its clock so far: one report for each simulcast layer. */
export interface AddTrack<Track> {
  readonly type: 'addTrack';
  readonly track: Track;
  readonly stream: ProgramStream;
  readonly reports: readonly ClockReport[];
}

/** Another report of a track's sender. */
export interface SenderReported {
  readonly type: 'senderReport';
  readonly trackId: string;
  readonly report: ClockReport;
}

/** From the server to a media worker. */
export type ToMediaWorker =
  | { readonly type: 'start'; readonly settings: ProgramSettings }
  /** Endpoints without video have a tile with a placeholder as well. */
  | AddTrack<ProgramTrack>
  | SenderReported
  | { readonly type: 'updateTrack'; readonly track: ProgramTrack }
  | { readonly type: 'removeTrack'; readonly trackId: string }
  /** The worker flushes what it has, sends `ended` and exits. */
  | { readonly type: 'stop' };

/** From a media worker to the server. */
export type FromMediaWorker =
  | { readonly type: 'ready' }
  /** RTP of the track is expected on this UDP port of 127.0.0.1. */
  | { readonly type: 'listening'; readonly trackId: string; readonly port: number }
  | { readonly type: 'format'; readonly format: ProgramFormat; readonly start: ProgramStart }
  | { readonly type: 'sample'; readonly sample: ProgramSample }
  | { readonly type: 'keyframeNeeded'; readonly trackId: string }
  /** A part of the program broke and was replaced, or could not be. For the log. */
  | { readonly type: 'trouble'; readonly sentence: string; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly type: 'statistics'; readonly statistics: ProgramStatistics }
  | { readonly type: 'ended' };

/** Once a second. */
export interface ProgramStatistics {
  /** Frames that repeat the picture because the event loop was late. */
  readonly lateFrames: number;
  readonly decoderRestarts: number;
  readonly encoderRestarts: number;
  /** Frames per second at present; lower than asked for when the encoder cannot follow. */
  readonly frameRate: number;
}
