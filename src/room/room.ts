import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock/clock.ts';
import { ShoalError } from '../error/shoal-error.ts';
import type { Component } from './component.ts';
import type { Endpoint } from './endpoint.ts';
import { type CloseCause, Peer, type PeerConnection, type PeerOptions } from './peer.ts';
import { PurgeTimers } from './purge-timers.ts';
import type { RoomChange } from './room-change.ts';
import type { RoomConfig } from './room-config.ts';
import type { RoomEvents } from './room-events.ts';
import type { Encoding, Metadata, ServerMetadata, Track } from './track.ts';

/** The media plane of a room; this folder does not look into it. Code that does names it: `Room<RoomRouter>`. */
export interface RoomMedia {
  /** Idempotent. */
  close(): void;
}

export interface RoomOptions<M extends RoomMedia> {
  readonly config: RoomConfig;
  /** What the server knows of the room beside its configuration. Default: nothing. */
  readonly metadata?: ServerMetadata | undefined;
  readonly media: M;
  readonly events: RoomEvents;
  readonly clock: Clock;
  /** Called when the peerless purge timeout has expired: the room is to be deleted. */
  readonly onPurge: () => void;
  /** @throws ShoalError when the server takes no more of the kind. Default: it always does */
  readonly checkLimit?: (kind: 'peers' | 'components') => void;
}

/**
 * A room: its peers, components and their tracks. Every change is emitted twice: as a {@link RoomEvent} for backends and
 * as a {@link RoomChange} for the participants. The order of events is docs/contracts/fishjam-sockets.md 5.
 */
export class Room<M extends RoomMedia = RoomMedia> {
  readonly id: string;
  readonly config: RoomConfig;
  metadata: ServerMetadata | undefined;
  readonly media: M;
  readonly peers = new Map<string, Peer>();
  readonly components = new Map<string, Component>();
  /** For the participants of the room. `closed` is emitted once. */
  readonly changes = new EventEmitter<{ change: [RoomChange]; closed: [] }>();
  readonly #events: RoomEvents;
  readonly #timers: PurgeTimers;
  readonly #onPurge: () => void;
  readonly #checkLimit: (kind: 'peers' | 'components') => void;
  #closed = false;

  constructor(options: RoomOptions<M>) {
    this.id = options.config.roomId;
    this.config = options.config;
    this.metadata = options.metadata;
    this.media = options.media;
    this.#events = options.events;
    this.#timers = new PurgeTimers(options.clock);
    this.#onPurge = options.onPurge;
    this.#checkLimit = options.checkLimit ?? (() => undefined);
    this.changes.setMaxListeners(0);
    this.#events.emit({ type: 'roomCreated', roomId: this.id, webhookUrl: this.config.webhookUrl });
    this.#restartPeerlessTimer();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The endpoints that a newcomer is told about: components, then peers that have joined. */
  *endpoints(): Iterable<Endpoint> {
    yield* this.components.values();
    for (const peer of this.peers.values()) if (peer.joined) yield peer;
  }

  /** @throws ShoalError peerLimitReached, serverLimitReached, serverStopping */
  checkPeerLimit(): void {
    const { maxPeers } = this.config;
    if (maxPeers !== null && this.peers.size >= maxPeers) throw new ShoalError('peerLimitReached', this.id);
    this.#checkLimit('peers');
  }

  /** Of all rooms together. @throws ShoalError serverLimitReached, serverStopping */
  checkComponentLimit(): void {
    this.#checkLimit('components');
  }

  /** @throws ShoalError peerLimitReached, serverLimitReached, serverStopping */
  addPeer(options: PeerOptions): Peer {
    this.checkPeerLimit();
    const peer = new Peer(randomUUID(), options);
    this.peers.set(peer.id, peer);
    this.#events.emit({ type: 'peerAdded', roomId: this.id, peerId: peer.id });
    this.#peerGone(peer);
    return peer;
  }

  /** @throws ShoalError peerNotFound, peerAlreadyConnected */
  connectPeer(peerId: string, connection: PeerConnection): Peer {
    const peer = this.#peer(peerId);
    if (peer.connection) throw new ShoalError('peerAlreadyConnected');
    peer.connection = connection;
    this.#timers.stop('peerless');
    this.#timers.stop(peer.id);
    this.#events.emit({ type: 'peerConnected', roomId: this.id, peerId });
    return peer;
  }

  /** Handles the client's `connect`: announces the peer to the others. A second call is ignored. @returns whether it was the first */
  joinPeer(peer: Peer, given: Metadata): boolean {
    if (peer.joined || !this.#holds(peer)) return false;
    const metadata = peer.completed(given);
    peer.joined = true;
    peer.metadata = metadata;
    this.#events.emit({ type: 'peerMetadataUpdated', roomId: this.id, peerId: peer.id, metadata });
    this.#change({ type: 'endpointAdded', endpoint: peer });
    return true;
  }

  updatePeerMetadata(peer: Peer, given: Metadata): void {
    if (!this.#holds(peer)) return;
    const metadata = peer.completed(given);
    const changed = !isDeepStrictEqual(peer.metadata, metadata);
    peer.metadata = metadata;
    if (changed) this.#events.emit({ type: 'peerMetadataUpdated', roomId: this.id, peerId: peer.id, metadata });
    if (peer.joined) this.#change({ type: 'endpointUpdated', endpoint: peer });
  }

  /** Called when the peer's socket has closed. The peer stays in the room, disconnected. Idempotent. */
  disconnectPeer(peer: Peer): void {
    if (!peer.connection || !this.#holds(peer)) return;
    peer.connection = undefined;
    this.#events.emit({ type: 'peerDisconnected', roomId: this.id, peerId: peer.id });
    this.#leave(peer);
    this.#peerGone(peer);
  }

  /** @throws ShoalError peerNotFound */
  removePeer(peerId: string): void {
    const peer = this.#peer(peerId);
    const { connection } = peer;
    this.peers.delete(peerId);
    peer.connection = undefined;
    this.#leave(peer);
    if (connection) this.#events.emit({ type: 'peerDisconnected', roomId: this.id, peerId });
    this.#events.emit({ type: 'peerDeleted', roomId: this.id, peerId });
    connection?.close('peerRemoved');
    this.#peerGone(peer);
  }

  /** Removes a peer whose media or signalling failed. @param reason empty when the cause is not known */
  crashPeer(peer: Peer, reason: string): void {
    if (!this.#holds(peer)) return;
    const { connection } = peer;
    this.peers.delete(peer.id);
    peer.connection = undefined;
    this.#leave(peer);
    this.#events.emit({ type: 'peerCrashed', roomId: this.id, peerId: peer.id, reason });
    connection?.close('peerCrashed', reason);
    this.#peerGone(peer);
  }

  addComponent(component: Component): void {
    this.components.set(component.id, component);
    this.#change({ type: 'endpointAdded', endpoint: component });
  }

  /** @throws ShoalError componentNotFound */
  async removeComponent(componentId: string): Promise<void> {
    const component = this.components.get(componentId);
    if (!component) throw new ShoalError('componentNotFound', componentId);
    this.components.delete(componentId);
    this.#leave(component);
    await component.source.close();
  }

  /** Removes a component that has finished. Backends are notified of its removed tracks only. */
  async endComponent(component: Component): Promise<void> {
    if (!this.#holds(component)) return;
    this.components.delete(component.id);
    this.#leave(component);
    await component.source.close();
  }

  /** Removes a component that failed and notifies backends of it. */
  async crashComponent(component: Component): Promise<void> {
    if (!this.#holds(component)) return;
    this.components.delete(component.id);
    this.#leave(component);
    this.#events.emit({ type: 'componentCrashed', roomId: this.id, componentId: component.id });
    await component.source.close();
  }

  addTracks(endpoint: Endpoint, tracks: readonly Track[]): void {
    if (tracks.length === 0 || !this.#holds(endpoint)) return;
    for (const track of tracks) {
      (endpoint.tracks as Map<string, Track>).set(track.id, track);
      this.#trackEvent('trackAdded', endpoint, track);
    }
    this.#change({ type: 'tracksAdded', endpoint, tracks });
  }

  /** Removes these tracks. Unknown ids are ignored, and so is everything after the end of the room, which has removed them all. */
  removeTracks(endpoint: Endpoint, trackIds: Iterable<string>): void {
    if (this.#closed) return;
    const removed: Track[] = [];
    for (const trackId of [...trackIds]) {
      const track = endpoint.tracks.get(trackId);
      if (!track) continue;
      (endpoint.tracks as Map<string, Track>).delete(trackId);
      this.#trackEvent('trackRemoved', endpoint, track);
      removed.push(track);
    }
    if (removed.length > 0) this.#change({ type: 'tracksRemoved', endpoint, tracks: removed });
  }

  /** Notifies backends only when the metadata differs. An unknown track is ignored. */
  updateTrackMetadata(endpoint: Endpoint, trackId: string, metadata: Metadata): void {
    const track = endpoint.tracks.get(trackId);
    if (!track) return;
    const changed = !isDeepStrictEqual(track.metadata, metadata);
    track.metadata = metadata;
    if (changed) this.#trackEvent('trackMetadataUpdated', endpoint, track);
    this.#change({ type: 'trackUpdated', endpoint, track });
  }

  /** Enables or disables a simulcast layer of a track. @returns whether anything changed */
  setEncodingEnabled(endpoint: Endpoint, trackId: string, encoding: Encoding, enabled: boolean): boolean {
    const track = endpoint.tracks.get(trackId);
    if (!track?.simulcast.activeEncodings.includes(encoding)) return false;
    const disabled = track.simulcast.disabledEncodings;
    if (disabled.includes(encoding) !== enabled) return false;
    const disabledEncodings = enabled ? disabled.filter((other) => other !== encoding) : [...disabled, encoding];
    track.simulcast = { ...track.simulcast, disabledEncodings };
    this.#change({ type: enabled ? 'encodingEnabled' : 'encodingDisabled', endpoint, track, encoding });
    return true;
  }

  /** Deletes the room. Notifications have been emitted and sockets closed when this resolves. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#end('roomClosed', () => {
      for (const peer of this.peers.values()) {
        for (const track of peer.tracks.values()) this.#trackEvent('trackRemoved', peer, track);
        this.#events.emit({ type: 'peerDeleted', roomId: this.id, peerId: peer.id });
      }
      for (const component of this.components.values()) {
        for (const track of component.tracks.values()) this.#trackEvent('trackRemoved', component, track);
      }
      this.#events.emit({ type: 'roomDeleted', roomId: this.id });
    });
  }

  /** Ends the room after its media plane failed, for instance because its media worker died. Idempotent. */
  async crash(): Promise<void> {
    if (this.#closed) return;
    await this.#end('roomCrashed', () => {
      this.#events.emit({ type: 'roomCrashed', roomId: this.id });
    });
  }

  async #end(cause: CloseCause, notify: () => void): Promise<void> {
    this.#closed = true;
    this.#timers.close();
    notify();
    const connections = [...this.peers.values()].flatMap((peer) => peer.connection ?? []);
    const components = [...this.components.values()];
    for (const peer of this.peers.values()) peer.connection = undefined;
    this.peers.clear();
    this.components.clear();
    this.changes.emit('closed');
    for (const connection of connections) connection.close(cause);
    this.media.close();
    await Promise.all(components.map((component) => component.source.close()));
  }

  #leave(endpoint: Endpoint): void {
    this.removeTracks(endpoint, endpoint.tracks.keys());
    if (endpoint instanceof Peer) {
      if (!endpoint.joined) return;
      endpoint.joined = false;
    }
    this.#change({ type: 'endpointRemoved', endpoint });
  }

  /** Starts both purge timeouts, which run while a peer is not connected: docs/contracts/fishjam-rest.md 11. */
  #peerGone(peer: Peer): void {
    if (this.peers.has(peer.id)) {
      this.#timers.start(peer.id, this.config.peerDisconnectedTimeout, () => this.#purgePeer(peer));
    } else {
      this.#timers.stop(peer.id);
    }
    this.#restartPeerlessTimer();
  }

  #purgePeer(peer: Peer): void {
    if (peer.connection || !this.#holds(peer)) return;
    this.peers.delete(peer.id);
    this.#events.emit({ type: 'peerDeleted', roomId: this.id, peerId: peer.id });
    this.#restartPeerlessTimer();
  }

  #restartPeerlessTimer(): void {
    const connected = [...this.peers.values()].some((peer) => peer.connection !== undefined);
    if (!connected) this.#timers.start('peerless', this.config.peerlessPurgeTimeout, this.#onPurge);
  }

  #peer(peerId: string): Peer {
    const peer = this.peers.get(peerId);
    if (!peer) throw new ShoalError('peerNotFound', peerId);
    return peer;
  }

  #holds(endpoint: Endpoint): boolean {
    return this.peers.get(endpoint.id) === endpoint || this.components.get(endpoint.id) === endpoint;
  }

  #change(change: RoomChange): void {
    this.changes.emit('change', change);
  }

  #trackEvent(type: 'trackAdded' | 'trackRemoved' | 'trackMetadataUpdated', endpoint: Endpoint, track: Track): void {
    const snapshot = { id: track.id, type: track.type, metadata: track.metadata };
    this.#events.emit({ type, roomId: this.id, origin: endpoint.origin, track: snapshot });
  }
}
