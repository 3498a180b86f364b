import type { CallView, PeerTrack, RemotePeer } from './call.ts';
import { fromTemplate } from './from-template.ts';
import type { Layer } from './layer-switch.ts';
import { PeerTile } from './peer-tile.ts';

export interface GridOptions {
  readonly element: HTMLElement;
  /** Names of peers by id. The grid adds to it. */
  readonly names: Map<string, string>;
  readonly chooseLayer: (trackId: string, layer: Layer) => void;
}

/** All participants of the room: one tile for each, and one for each further video of the same participant. */
export class Grid implements CallView {
  readonly #element: HTMLElement;
  readonly #chooseLayer: (trackId: string, layer: Layer) => void;
  readonly #names: Map<string, string>;
  readonly #peers = new Map<string, PeerTile>();
  readonly #videos = new Map<string, { tile: PeerTile; track: PeerTrack }>();
  readonly #invitation = fromTemplate('invitation');

  constructor({ element, names, chooseLayer }: GridOptions) {
    this.#element = element;
    this.#names = names;
    this.#chooseLayer = chooseLayer;
  }

  /** @param link of the room */
  open(own: PeerTile, link: string): void {
    this.#invitation.querySelector('a')?.setAttribute('href', link);
    this.#element.replaceChildren(own.element, this.#invitation);
    this.#element.hidden = false;
  }

  close(): void {
    for (const tile of [...this.#peers.values(), ...Array.from(this.#videos.values(), ({ tile }) => tile)])
      tile.close();
    this.#peers.clear();
    this.#videos.clear();
    this.#element.replaceChildren();
    this.#element.hidden = true;
  }

  /** The videos that are shown, with their tiles. */
  videos(): Iterable<{ tile: PeerTile; track: PeerTrack }> {
    return this.#videos.values();
  }

  peerJoined(peer: RemotePeer): void {
    if (this.#peers.has(peer.id)) return;
    const tile = new PeerTile(nameOf(peer));
    this.#names.set(peer.id, nameOf(peer));
    this.#peers.set(peer.id, tile);
    this.#add(tile);
  }

  peerUpdated(peer: RemotePeer): void {
    this.#names.set(peer.id, nameOf(peer));
    this.#peers.get(peer.id)?.setName(nameOf(peer));
  }

  peerLeft(peer: RemotePeer): void {
    for (const [trackId, { track }] of this.#videos) if (track.endpoint.id === peer.id) this.#removeVideo(trackId);
    this.#peers.get(peer.id)?.close();
    this.#peers.delete(peer.id);
    this.#element.append(...(this.#peers.size === 0 ? [this.#invitation] : []));
  }

  trackReady(track: PeerTrack): void {
    const peerTile = this.#peers.get(track.endpoint.id);
    if (!peerTile || !track.track) return;
    if (track.track.kind === 'audio') {
      peerTile.playAudio(track.track);
      peerTile.setSpeaking(track.vadStatus === 'speech');
      track.on('voiceActivityChanged', ({ vadStatus }) => peerTile.setSpeaking(vadStatus === 'speech'));
    } else {
      this.#showVideo(peerTile, track, track.track);
    }
    this.trackUpdated(track);
  }

  trackUpdated(track: PeerTrack): void {
    const active = track.metadata?.active !== false;
    const video = this.#videos.get(track.trackId);
    if (video) video.tile.setCamera(active);
    else if (track.track?.kind === 'audio') this.#peers.get(track.endpoint.id)?.setMicrophone(active);
  }

  trackRemoved(track: PeerTrack): void {
    this.#removeVideo(track.trackId);
  }

  #showVideo(peerTile: PeerTile, track: PeerTrack, media: MediaStreamTrack): void {
    // A track becomes ready again when its m-line is renegotiated.
    const shown = this.#videos.get(track.trackId);
    if (shown) return shown.tile.showVideo(media);
    const tile = peerTile.hasVideo ? this.#add(new PeerTile(nameOf(track.endpoint as RemotePeer))) : peerTile;
    this.#videos.set(track.trackId, { tile, track });
    tile.showVideo(media);
    if (!track.simulcastConfig?.enabled) return;
    tile.offerLayers((layer) => this.#chooseLayer(track.trackId, layer));
    tile.setLayer(track.encoding);
    track.on('encodingChanged', ({ encoding }) => tile.setLayer(encoding));
  }

  #removeVideo(trackId: string): void {
    const video = this.#videos.get(trackId);
    if (!video) return;
    this.#videos.delete(trackId);
    if (this.#peers.get(video.track.endpoint.id) === video.tile) video.tile.hideVideo();
    else video.tile.close();
  }

  #add(tile: PeerTile): PeerTile {
    this.#invitation.remove();
    this.#element.append(tile.element);
    return tile;
  }
}

function nameOf({ metadata, id }: RemotePeer): string {
  const name = metadata?.name;
  return typeof name === 'string' && name !== '' ? name : `Peer ${id.slice(0, 8)}`;
}
