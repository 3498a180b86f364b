/** What has really arrived of a remote track. */
export interface ReceivedTrack {
  trackId: string;
  endpointId: string;
  metadata: unknown;
  /** Simulcast layer that the SDK names. */
  encoding: string | undefined;
  speaking: string | undefined;
  kind: string | null;
  framesReceived: number;
  framesDecoded: number;
  /** Arrived, but given up because the machine or the network was too slow. */
  framesDropped: number;
  /** Pixels. */
  width: number;
  audioEnergy: number;
  packetsReceived: number;
  retransmitted: number;
  codec: string | null;
}

export interface SdkEvent {
  name: string;
  detail: unknown;
}

/** What a test calls in a page that runs a client SDK. Everything that goes in and out is plain JSON. */
export interface PageCalls {
  join(sdk: 'fishjam' | 'jellyfish' | 'cloud', host: string, token: string, metadata: unknown): Promise<string>;
  /** Joins with tracks that are there already, and adds them in the task in which the SDK has joined. @returns their ids */
  enter(
    sdk: 'fishjam' | 'jellyfish' | 'cloud',
    host: string,
    token: string,
    kinds: ('audio' | 'video')[],
  ): Promise<string[]>;
  publish(kind: 'audio' | 'video', metadata: unknown, simulcast?: { active: string[] }): Promise<string>;
  unpublish(trackId: string): Promise<void>;
  replace(trackId: string, what: 'camera' | 'canvas' | 'nothing'): Promise<void>;
  setTarget(trackId: string, encoding: string): void;
  setEncoding(trackId: string, encoding: string, enabled: boolean): Promise<void>;
  updatePeerMetadata(metadata: unknown): void;
  updateTrackMetadata(trackId: string, metadata: unknown): void;
  leave(): void;
  events(): SdkEvent[];
  remotePeers(): { id: string; metadata: unknown }[];
  received(): Promise<ReceivedTrack[]>;
  /** From now on remote tracks are measured all the time. */
  follow(): Promise<void>;
  /** Remote tracks that were followed and are gone, as they were in the end. */
  finished(): ReceivedTrack[];
  /** The candidate pair in use: `relay` or `host`, and the protocol towards the relay. */
  connection(): Promise<{ type: unknown; relayProtocol: unknown; protocol: unknown }>;
}
