export type VideoCodec = 'h264' | 'vp8';

/** What a room was created with; `null` = unset. */
export interface RoomConfig {
  readonly roomId: string;
  /** Peers that may be in the room at once, connected or not; >= 0. */
  readonly maxPeers: number | null;
  /** The only video codec that peers may send; `null` admits all. */
  readonly videoCodec: VideoCodec | null;
  readonly webhookUrl: string | null;
  /** Seconds without a connected peer after which the room is deleted; >= 1. */
  readonly peerlessPurgeTimeout: number | null;
  /** Seconds after which a disconnected peer is deleted; >= 1. */
  readonly peerDisconnectedTimeout: number | null;
}
