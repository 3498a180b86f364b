import type { StreamUpdate } from '../component/hls/stream-update.ts';

/** What an edge has to know of the server. */
export interface EdgeSettings {
  /** Path of the local socket on which the server takes what the edge does not serve: see {@link ForwardedClient}. */
  readonly serverPath: string;
  /** Private key and certificate in PEM form, when connections begin with TLS. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer } | undefined;
  /** Whose `Host` headers are looked at, and what else they may name. */
  readonly loopback?: { readonly ip: string; readonly host: string } | undefined;
}

/** To an edge. Streams have numbers, as a room may have one after the other. */
export type ToEdge =
  | { readonly type: 'start'; readonly settings: EdgeSettings }
  /** Everything of a stream. Updates of streams that an edge does not have are none of its business. */
  | { readonly type: 'copy'; readonly id: number; readonly roomId: string; readonly update: StreamUpdate }
  | { readonly type: 'update'; readonly id: number; readonly update: StreamUpdate }
  /** It can take connections. */
  | { readonly type: 'serve' }
  /** Nobody gets it any more except those who wait, to whom updates go until it is removed. */
  | { readonly type: 'withdraw'; readonly id: number; readonly roomId: string }
  | { readonly type: 'remove'; readonly id: number }
  | { readonly type: 'stop' };

/** What an edge has done since its last message, and its open connections. */
export interface EdgeCounts {
  /** Bytes by the formulas of docs/contracts/fishjam-sockets.md 8. */
  readonly received: number;
  readonly sent: number;
  readonly connections: number;
}

/** From an edge. `serving`: the response to `serve`. */
export type FromEdge =
  | { readonly type: 'ready' }
  | { readonly type: 'serving' }
  | ({ readonly type: 'counts' } & EdgeCounts);

/** The channel for connections: bytes that were read from one go to the edge, as latin1; this comes back when it has the connection. */
export const taken = 'taken';

/** The first line, as JSON, of a connection from an edge to the server: whose request follows. */
export interface ForwardedClient {
  readonly address: string;
  readonly port: number;
}
