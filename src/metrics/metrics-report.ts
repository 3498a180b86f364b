import PQueue from 'p-queue';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Peer } from '../room/peer.ts';
import type { Room } from '../room/room.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { Track } from '../room/track.ts';
import type { PeerTransport } from '../sfu/peer-transport.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { Measurements } from './measurements.ts';
import { addRates } from './rates.ts';
import { inboundMeasurements, outboundMeasurements } from './stream-measurements.ts';

/** Maximum number of concurrent statistics requests to the media workers. */
const concurrency = 32;

type Tracks = ReadonlyMap<string, Track>;

/**
 * Measures every connected peer: the object of docs/contracts/fishjam-sockets.md 7. mediasoup does not count ICE
 * packets, RTP markers, frames and RTCP reports, so the keys for those are left out.
 */
export class MetricsReport {
  readonly #rooms: RoomRegistry<RoomRouter>;
  readonly #clock: Clock;
  readonly #questions = new PQueue({ concurrency });
  #previous: { readonly at: number; readonly report: Measurements } | undefined;

  constructor(rooms: RoomRegistry<RoomRouter>, clock: Clock = systemClock) {
    this.#rooms = rooms;
    this.#clock = clock;
  }

  /** Measures and compares with the report before. Must not be called again before it has resolved. */
  async build(): Promise<Measurements> {
    const at = this.#clock.monotonic();
    const rooms = this.#rooms.list().map(async (room) => [`room_id=${room.id}`, await this.#room(room)] as const);
    const report = Object.fromEntries((await Promise.all(rooms)).filter(([, peers]) => Object.keys(peers).length > 0));
    if (this.#previous) addRates(report, this.#previous.report, at - this.#previous.at);
    this.#previous = { at, report };
    return report;
  }

  /** Forgets the last report, which is too old to compare with: the next one has no rates. */
  forget(): void {
    this.#previous = undefined;
  }

  async #room(room: Room<RoomRouter>): Promise<Measurements> {
    const tracks = new Map([...room.endpoints()].flatMap((endpoint) => [...endpoint.tracks]));
    const connected = [...room.peers.values()].filter((peer) => peer.connection);
    const peers = connected.map(async (peer) => {
      return [`endpoint_id=${peer.id}`, await this.#peer(peer, room.media, tracks)] as const;
    });
    return Object.fromEntries(await Promise.all(peers));
  }

  async #peer(peer: Peer, media: RoomRouter, tracks: Tracks): Promise<Measurements> {
    const transport = media.transports.get(peer.id);
    const measured = transport ? await this.#transport(transport, tracks) : {};
    return { 'endpoint.metadata': null, ...measured };
  }

  async #transport(transport: PeerTransport, tracks: Tracks): Promise<Measurements> {
    const [stats, ...trackLevels] = await Promise.all([
      this.#ask(() => transport.stats()),
      ...this.#inbound(transport, tracks),
      ...this.#outbound(transport, tracks),
    ]);
    return {
      'endpoint.bandwidth': transport.bandwidth ?? stats?.availableOutgoingBitrate,
      'sdp.offer': transport.negotiated?.offer,
      'sdp.answer': transport.negotiated?.answer,
      'ice.bytes_received': stats?.bytesReceived,
      'ice.bytes_sent': stats?.bytesSent,
      ...Object.assign({}, ...trackLevels),
    };
  }

  #inbound(transport: PeerTransport, tracks: Tracks): Promise<Measurements>[] {
    return [...transport.publications.values()].map(async (publication) => {
      const { trackId, encodings } = publication;
      const metadata = { 'track.metadata': tracks.get(trackId)?.metadata };
      const streams = (await this.#ask(() => publication.stats())) ?? [];
      const levels = streams.map((stat) => {
        const rid = encodings.length > 0 ? (stat.rid ?? '') : '';
        return [`track_id=${trackId}:${rid}`, { ...inboundMeasurements(stat), ...metadata }];
      });
      return Object.fromEntries(levels);
    });
  }

  #outbound(transport: PeerTransport, tracks: Tracks): Promise<Measurements>[] {
    return [...transport.subscriptions.values()].map(async (subscription) => {
      const { trackId, encodings } = subscription.publication;
      const stat = await this.#ask(() => subscription.stats());
      if (!stat) return {};
      const encoding = encodings.length > 0 ? subscription.current : 'h';
      const metadata = { 'track.metadata': tracks.get(trackId)?.metadata };
      return { [`track_id=${trackId}:`]: { ...outboundMeasurements(stat, encoding), ...metadata } };
    });
  }

  /** A transport or stream that closes meanwhile has no statistics; the report leaves it out. */
  async #ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    return await this.#questions.add(question).catch(() => undefined);
  }
}
