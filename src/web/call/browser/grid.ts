import type { CallView, PeerTrack, RemotePeer } from './call.ts';
import type { CallTexts } from './call-texts.ts';
import { fromTemplate } from './from-template.ts';
import type { Layer } from './layer-switch.ts';
import { PeerTile } from './peer-tile.ts';

export interface GridOptions {
  readonly element: HTMLElement;
  /** Names of peers by id. The grid adds to it. */
  readonly names: Map<string, string>;
  readonly chooseLayer: (trackId: string, layer: Layer) => void;
  /** Who chooses the layers of videos: the user, or the size of the tile. */
  readonly layersBy: 'user' | 'size';
  readonly texts: CallTexts;
  /** Somebody came or left. @param name of who; undefined: nobody did, but the number of people is another */
  readonly onPeers?: (people: number, change?: { readonly name: string; readonly joined: boolean }) => void;
}

/** All participants of the room: one tile for each, and one for each further video of the same participant. */
export class Grid implements CallView {
  readonly #options: GridOptions;
  readonly #peers = new Map<string, PeerTile>();
  readonly #videos = new Map<string, { tile: PeerTile; track: PeerTrack }>();
  readonly #invitation = fromTemplate('invitation');

  constructor(options: GridOptions) {
    this.#options = options;
  }

  open(own: PeerTile): void {
    const { element, onPeers } = this.#options;
    element.replaceChildren(own.element, this.#invitation);
    element.hidden = false;
    onPeers?.(1);
  }

  close(): void {
    for (const tile of [...this.#peers.values(), ...Array.from(this.#videos.values(), ({ tile }) => tile)])
      tile.close();
    this.#peers.clear();
    this.#videos.clear();
    this.#options.element.replaceChildren();
    this.#options.element.hidden = true;
  }

  /** The videos that are shown, with their tiles. */
  videos(): Iterable<{ tile: PeerTile; track: PeerTrack }> {
    return this.#videos.values();
  }

  peerJoined(peer: RemotePeer, isNew: boolean): void {
    if (this.#peers.has(peer.id)) return;
    const name = this.#nameOf(peer);
    const tile = new PeerTile(name, this.#options.texts);
    this.#peers.set(peer.id, tile);
    this.peerUpdated(peer);
    this.#add(tile);
    this.#options.onPeers?.(this.#peers.size + 1, isNew ? { name, joined: true } : undefined);
  }

  peerUpdated(peer: RemotePeer): void {
    const name = this.#nameOf(peer);
    this.#options.names.set(peer.id, name);
    const tile = this.#peers.get(peer.id);
    tile?.setName(name);
    tile?.setModerator(peer.metadata?.moderator === true);
  }

  peerLeft(peer: RemotePeer): void {
    for (const [trackId, { track }] of this.#videos) if (track.endpoint.id === peer.id) this.#removeVideo(trackId);
    const tile = this.#peers.get(peer.id);
    if (!tile) return;
    tile.close();
    this.#peers.delete(peer.id);
    this.#options.element.append(...(this.#peers.size === 0 ? [this.#invitation] : []));
    this.#options.onPeers?.(this.#peers.size + 1, { name: this.#nameOf(peer), joined: false });
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
    const { texts, layersBy, chooseLayer } = this.#options;
    const name = this.#nameOf(track.endpoint as RemotePeer);
    const isScreen = track.metadata?.type === 'screenshare';
    const tile = isScreen
      ? this.#add(new PeerTile(texts.screenOf(name), texts, 'screen'))
      : peerTile.hasVideo
        ? this.#add(new PeerTile(name, texts))
        : peerTile;
    this.#videos.set(track.trackId, { tile, track });
    tile.showVideo(media);
    if (!track.simulcastConfig?.enabled) return;
    const choose = (layer: Layer) => chooseLayer(track.trackId, layer);
    if (layersBy === 'size') tile.chooseLayers(choose);
    else tile.offerLayers(choose);
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
    this.#options.element.append(tile.element);
    return tile;
  }

  #nameOf({ metadata, id }: RemotePeer): string {
    const names: unknown[] = [metadata?.displayName, metadata?.name];
    const name = names.find((one) => typeof one === 'string' && one.trim() !== '');
    return (name as string | undefined) ?? this.#options.texts.unnamed(id.slice(0, 8));
  }
}
