/** Any JSON value that a client attached; `null` = none. */
export type Metadata = null | boolean | number | string | Metadata[] | { [key: string]: Metadata };

/** Members of metadata that a backend or the server itself attached. */
export type ServerMetadata = Record<string, Metadata>;

export type TrackType = 'audio' | 'video';

/** Simulcast layer name: low, medium, high. */
export type Encoding = 'l' | 'm' | 'h';

/** Layers of a track, as clients of the room see them. */
export interface SimulcastConfig {
  readonly enabled: boolean;
  /** All negotiated layers, the disabled ones too; `['h']` without simulcast. */
  readonly activeEncodings: readonly Encoding[];
  readonly disabledEncodings: readonly Encoding[];
}

export const withoutSimulcast: SimulcastConfig = { enabled: false, activeEncodings: ['h'], disabledEncodings: [] };

/** One audio or video stream that an endpoint sends into the room. */
export class Track {
  readonly id: string;
  readonly type: TrackType;
  metadata: Metadata;
  simulcast: SimulcastConfig;

  constructor(track: { id: string; type: TrackType; metadata?: Metadata; simulcast?: SimulcastConfig }) {
    this.id = track.id;
    this.type = track.type;
    this.metadata = track.metadata ?? null;
    this.simulcast = track.simulcast ?? withoutSimulcast;
  }
}
