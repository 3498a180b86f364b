export type VideoCodec = 'h264' | 'vp8';

/** Maximum length of a room id, in characters. */
export const maxRoomIdLength = 512;

/** Letters, digits, hyphens and underscores. */
export const roomIdPattern = /^[\w-]+$/;

/** The configuration of a room, fixed at its creation. `null`: not set. */
export interface RoomConfig {
  readonly roomId: string;
  /** Maximum number of peers, connected or not; >= 0. */
  readonly maxPeers: number | null;
  /** The only video codec that peers may send; `null`: any. */
  readonly videoCodec: VideoCodec | null;
  readonly webhookUrl: string | null;
  /** Seconds without a connected peer after which the room is deleted; >= 1. */
  readonly peerlessPurgeTimeout: number | null;
  /** Seconds after which a disconnected peer is deleted; >= 1. */
  readonly peerDisconnectedTimeout: number | null;
}

/** Without limits. */
export const plainRoom: Omit<RoomConfig, 'roomId'> = {
  maxPeers: null,
  videoCodec: null,
  webhookUrl: null,
  peerlessPurgeTimeout: null,
  peerDisconnectedTimeout: null,
};
