import type { Publication } from './publication.ts';

/** Media of another process of this host, sent into a room as RTP over UDP; a publication like any other. */
export interface UdpFeed {
  readonly publication: Publication;
  /** The room receives on this port of 127.0.0.1. */
  readonly port: number;
  readonly ssrc: number;
  readonly payloadType: number;
  /** Accepts packets from this port of 127.0.0.1 only. To be called once, before the first packet. */
  connect(port: number): Promise<void>;
  /** Idempotent. */
  close(): void;
}
