/** What a test wants of a client, whichever SDK it is made with. Runs in the browser. */
export interface SdkParticipant {
  /** Resolves when the server has sent `connected`. */
  join(options: JoinOptions): Promise<string>;
  addTrack(track: MediaStreamTrack, metadata: unknown, simulcast?: SimulcastOption): Promise<string>;
  removeTrack(trackId: string): Promise<void>;
  replaceTrack(trackId: string, track: MediaStreamTrack | null): Promise<void>;
  setTarget(trackId: string, encoding: string): void;
  setEncoding(trackId: string, encoding: string, enabled: boolean): Promise<void>;
  updatePeerMetadata(metadata: unknown): void;
  updateTrackMetadata(trackId: string, metadata: unknown): void;
  remoteTracks(): RemoteTrackContext[];
  remotePeers(): { id: string; metadata: unknown }[];
  statistics(): Promise<RTCStatsReport>;
  leave(): void;
}

export interface JoinOptions {
  /** `host:port` of the server. */
  host: string;
  token: string;
  metadata: unknown;
  /** Called for everything that the SDK tells its user. */
  onEvent: (name: string, detail: unknown) => void;
}

export interface SimulcastOption {
  active: string[];
}

export interface RemoteTrackContext {
  trackId: string;
  endpointId: string;
  metadata: unknown;
  encoding: string | undefined;
  track: MediaStreamTrack | null;
  speaking: string | undefined;
}
