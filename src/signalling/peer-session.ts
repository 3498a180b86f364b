import { randomInt } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { Peer } from '../room/peer.ts';
import type { Room } from '../room/room.ts';
import type { RoomChange } from '../room/room-change.ts';
import type { Encoding, Metadata } from '../room/track.ts';
import type { PeerTransport } from '../sfu/peer-transport.ts';
import type { Publication } from '../sfu/publication.ts';
import { MediaPortError, type RoomRouter } from '../sfu/room-router.ts';
import type { TurnCredentials } from '../turn/turn-credentials.ts';
import type { ClientEvent } from './client-event.ts';
import { IceProgress } from './ice-progress.ts';
import { Negotiation } from './negotiation.ts';
import { isSending, PublishedTracks } from './published-tracks.ts';
import type { RemoteTrack } from './remote-track.ts';
import { RemoteTracks } from './remote-tracks.ts';
import { type SectionAnswer, writeAnswer } from './sdp/answer.ts';
import { type Offer, type OfferSection, parseOffer } from './sdp/offer.ts';
import { findReceivingCodec, offeredFormats } from './sdp/offer-codec.ts';
import { consumerCapabilities } from './sdp/rtp-parameters.ts';
import type { ServerEvent } from './server-event.ts';
import { describeTransport } from './transport-description.ts';

/** Maximum time to wait for an ICE restart of a client, in ms; its end is not always noticed. */
const restartTimeout = 2500;
/** Time for a client without an ICE restart to apply an answer, in ms. */
const applyTime = 100;
/** Tells a client and its backend that the relay has no port left. */
const noRelayPort = 'No relay port is free';
/** Minimum interval of bandwidth estimates to a client, in ms. */
const estimationInterval = 1000;

type Tracks = Extract<RoomChange, { type: 'tracksAdded' }>;
type SdpOffer = Extract<ClientEvent, { type: 'sdpOffer' }>;

export interface PeerSessionOptions {
  readonly room: Room<RoomRouter>;
  readonly peer: Peer;
  /** @param change of which the event tells every client of the room the same */
  readonly send: (event: ServerEvent, change?: RoomChange) => void;
  readonly turn: TurnCredentials;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The media session of one connected peer: handles its client's events and tells the client about the room. */
export class PeerSession {
  readonly #options: PeerSessionOptions;
  readonly #negotiation: Negotiation;
  readonly #published: PublishedTracks;
  readonly #remotes = new RemoteTracks();
  readonly #ice: IceProgress;
  readonly #sessionId = String(randomInt(2 ** 47));
  #transport: Promise<PeerTransport> | undefined;
  #usernameFragment: string | undefined;
  /** An offer that arrived while another one was being answered. */
  #nextOffer: SdpOffer | undefined;
  #answers = 0;
  #estimatedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: PeerSessionOptions) {
    const { room, peer, turn, clock, logger } = options;
    this.#options = options;
    this.#negotiation = new Negotiation({
      clock,
      sendOfferData: () => this.#sendOfferData(),
      onSettled: () => this.#resume(),
    });
    this.#published = new PublishedTracks({ router: room.media, simulcast: peer.enableSimulcast, logger });
    const onExhausted = () => room.crashPeer(peer, noRelayPort);
    this.#ice = new IceProgress({ peerId: peer.id, turn, clock, onExhausted });
  }

  receive(event: ClientEvent): void {
    const { room, peer } = this.#options;
    if (event.type === 'connect') return this.#join(event.metadata);
    if (!peer.joined || this.#closed) return;
    switch (event.type) {
      case 'renegotiateTracks':
        return this.#negotiation.requestedByClient();
      case 'sdpOffer':
        return this.#guard(this.#takeOffer(event));
      case 'setTargetTrackVariant':
        return this.#guard(this.#remotes.get(event.trackId)?.setTarget(event.encoding));
      case 'enableTrackEncoding':
      case 'disableTrackEncoding':
        room.setEncodingEnabled(peer, event.trackId, event.encoding, event.type === 'enableTrackEncoding');
        return;
      case 'updateEndpointMetadata':
        return room.updatePeerMetadata(peer, event.metadata);
      case 'updateTrackMetadata':
        return room.updateTrackMetadata(peer, event.trackId, event.metadata);
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#negotiation.close();
    this.#ice.close();
    this.#options.room.changes.off('change', this.#onChange);
    this.#options.room.media.voiceActivity.observer.off('change', this.#onVoice);
    this.#transport?.then(
      (transport) => transport.close(),
      () => undefined,
    );
  }

  #join(metadata: Metadata): void {
    const { room, peer, turn } = this.#options;
    if (this.#closed || !room.joinPeer(peer, metadata)) return;
    room.changes.on('change', this.#onChange);
    room.media.voiceActivity.observer.on('change', this.#onVoice);
    const endpoints = [...room.endpoints()];
    this.#send({ type: 'connected', peerId: peer.id, endpoints, turnServers: turn.entriesFor(peer.id) });
    const senders = endpoints.filter((endpoint) => endpoint !== peer && endpoint.tracks.size > 0);
    for (const endpoint of senders) this.#announce({ endpoint, tracks: [...endpoint.tracks.values()] });
    // Who joins waits for media; tracks that are added later are collected for a while.
    if (senders.length > 0) this.#negotiation.request({ atOnce: true });
  }

  readonly #onChange = (change: RoomChange): void => {
    const { endpoint } = change;
    if (endpoint === this.#options.peer) {
      // A client is not told of its own changes, except those of metadata.
      if (change.type === 'endpointUpdated') this.#send({ type: 'endpointUpdated', endpoint }, change);
      return;
    }
    switch (change.type) {
      case 'endpointAdded':
      case 'endpointUpdated':
        return this.#send({ type: change.type, endpoint }, change);
      case 'endpointRemoved':
        this.#remotes.forgetEndpoint(endpoint);
        return this.#send({ type: 'endpointRemoved', endpointId: endpoint.id }, change);
      case 'tracksAdded':
        return this.#announce(change, change);
      case 'tracksRemoved':
        return this.#withdraw(change);
      case 'trackUpdated': {
        const { id: trackId, metadata } = change.track;
        if (!this.#remotes.get(trackId)) return;
        return this.#send({ type: 'trackUpdated', endpointId: endpoint.id, trackId, metadata }, change);
      }
      case 'encodingEnabled':
      case 'encodingDisabled': {
        const type = change.type === 'encodingEnabled' ? 'trackEncodingEnabled' : 'trackEncodingDisabled';
        if (!this.#remotes.get(change.track.id)) return;
        const { encoding } = change;
        return this.#send({ type, endpointId: endpoint.id, trackId: change.track.id, encoding }, change);
      }
    }
  };

  /** @param change by which the tracks were added, when that was now */
  #announce({ endpoint, tracks }: Pick<Tracks, 'endpoint' | 'tracks'>, change?: RoomChange): void {
    if (tracks.length === 0) return;
    this.#remotes.announce(endpoint, tracks);
    this.#send({ type: 'tracksAdded', endpointId: endpoint.id, tracks }, change);
    this.#negotiation.request();
  }

  #withdraw({ endpoint, tracks }: Extract<RoomChange, { type: 'tracksRemoved' }>): void {
    const trackIds = this.#remotes.withdraw(tracks.map(({ id }) => id));
    if (trackIds.length > 0) this.#send({ type: 'tracksRemoved', endpointId: endpoint.id, trackIds });
    this.#negotiation.request();
  }

  readonly #onVoice = (trackId: string, speaking: boolean): void => {
    if (this.#remotes.get(trackId)?.state !== 'answered') return;
    this.#send({ type: 'vadNotification', trackId, status: speaking ? 'speech' : 'silence' });
  };

  #sendOfferData(): void {
    const { peer, turn } = this.#options;
    this.#transport ??= this.#openTransport();
    this.#guard(this.#transport);
    this.#ice.offerRequested();
    const { audio, video } = this.#remotes.slots();
    this.#send({ type: 'offerData', audio, video, turnServers: turn.entriesFor(peer.id) });
  }

  async #openTransport(): Promise<PeerTransport> {
    const { room, peer } = this.#options;
    const transport = await room.media.createTransport(peer.id);
    if (this.#closed) transport.close();
    transport.observer.on('tuple', (remotePort) => {
      this.#negotiation.settled();
      this.#ice.addressChanged(remotePort);
    });
    transport.observer.on('bandwidth', (estimation) => this.#estimate(estimation));
    return transport;
  }

  #estimate(estimation: number): void {
    const now = this.#options.clock.monotonic();
    if (now - this.#estimatedAt < estimationInterval || !Number.isFinite(estimation)) return;
    this.#estimatedAt = now;
    this.#send({ type: 'bandwidthEstimation', estimation });
  }

  /** A slow client may be asked for an offer twice, and then sends the second one before it has the answer to the first. */
  async #takeOffer(event: SdpOffer): Promise<void> {
    if (this.#negotiation.state === 'answering') {
      this.#nextOffer = event;
      return;
    }
    if (!this.#negotiation.offerReceived()) return;
    await this.#answer(event);
    const next = this.#nextOffer;
    this.#nextOffer = undefined;
    if (next) await this.#takeOffer(next);
  }

  async #answer(event: SdpOffer): Promise<void> {
    const { room, peer } = this.#options;
    const offer = parseOffer(event.sdp);
    this.#negotiation.offerRead(this.#published.countChanges(offer.sections), isComplete(offer.sections, event));
    this.#transport ??= this.#openTransport();
    const transport = await this.#transport;
    const assigned = this.#remotes.assign(offer.sections.filter(isReceiving));
    // None of these requests to the media worker waits for the response to another.
    const [restarted, changes] = await Promise.all([
      this.#connect(transport, offer),
      this.#published.apply(offer.sections, event.midToTrackId, event.trackMetadata, transport),
      ...offer.sections.map((section) => this.#subscribe(section, assigned.get(section.mid), transport)),
    ]);
    if (this.#closed) return;

    this.#sendAnswer(offer, event.sdp, assigned, transport);
    this.#negotiation.answerSent(restarted ? restartTimeout : applyTime);
    if (offer.sections.some(({ rejected }) => !rejected)) this.#ice.answered(restarted);
    room.removeTracks(peer, changes.removed);
    room.addTracks(peer, changes.added);
    this.#tellWithdrawn(this.#remotes.answered(assigned.values()));
    for (const { track } of assigned.values()) {
      if (room.media.voiceActivity.isSpeaking(track.id)) this.#onVoice(track.id, true);
    }
  }

  /** @returns whether the client (re)starts ICE: then a new tuple shows that it has applied the answer */
  async #connect(transport: PeerTransport, { usernameFragment, fingerprint, passive }: Offer): Promise<boolean> {
    await transport.connect(fingerprint, passive);
    const before = this.#usernameFragment;
    this.#usernameFragment = usernameFragment;
    if (before !== undefined && before !== usernameFragment) await transport.restartIce();
    return before !== usernameFragment;
  }

  async #subscribe(section: OfferSection, remote: RemoteTrack | undefined, transport: PeerTransport): Promise<void> {
    if (!remote || remote.isWithdrawn() || (remote.subscription && !remote.subscription.closed)) return;
    const { room, logger } = this.#options;
    const publication = room.media.publications.get(remote.track.id);
    const codec = publication && findReceivingCodec(section.codecs, publication);
    if (!codec) return publication && this.#logUnreceivable(section, remote, publication);
    const { rtpCapabilities, numbers } = consumerCapabilities(section, codec, room.media.rtpCapabilities);
    const rtx = codec.rtxPayloadType !== undefined;
    const { mid } = section;
    const { target } = remote;
    try {
      const subscription = await transport.subscribe({ publication, mid, rtpCapabilities, numbers, rtx, target });
      if (this.#remotes.get(remote.track.id) !== remote || remote.isWithdrawn()) return subscription.close();
      remote.subscription = subscription;
      if (remote.target !== target) await subscription.setTarget(remote.target);
      subscription.observer.on('encoding', (encoding) => this.#encodingSwitched(remote, encoding));
    } catch (error) {
      // If the track has not just ended, and the peer has not left, its m-line stays inactive.
      if (!publication.closed && !transport.closed)
        logger.warn({ trackId: remote.track.id, err: error }, 'A track cannot be forwarded.');
    }
  }

  /** Once per track: each negotiation offers the same codecs. */
  #logUnreceivable({ codecs }: OfferSection, remote: RemoteTrack, { mimeType, h264 }: Publication): void {
    if (remote.unreceivable) return;
    remote.unreceivable = true;
    const fields = { trackId: remote.track.id, mimeType, h264, offered: offeredFormats(codecs) };
    this.#options.logger.warn(fields, 'A track cannot be forwarded: the peer does not receive its codec.');
  }

  #encodingSwitched({ track, endpoint, subscription }: RemoteTrack, encoding: Encoding): void {
    const target = subscription?.target ?? encoding;
    const reason =
      encoding === target
        ? 'other'
        : track.simulcast.disabledEncodings.includes(target)
          ? 'encoding_inactive'
          : 'low_bandwidth';
    this.#send({ type: 'encodingSwitched', endpointId: endpoint.id, trackId: track.id, encoding, reason });
  }

  #sendAnswer(offer: Offer, sdp: string, assigned: ReadonlyMap<string, RemoteTrack>, transport: PeerTransport): void {
    const { room, peer } = this.#options;
    const known = [...assigned].filter(([, remote]) => this.#remotes.get(remote.track.id) === remote);
    const remotes = new Map(known);
    const answers = offer.sections.map((section) => this.#answerSection(section, remotes.get(section.mid)));
    const names = [...this.#published.names(), ...known.map(([mid, { track }]) => [mid, track.id] as const)];
    this.#answers += 1;
    const origin = { sessionId: this.#sessionId, version: this.#answers };
    const answer = writeAnswer(answers, describeTransport(transport, room.media.candidateAddresses), origin);
    transport.negotiated = { offer: sdp, answer };
    this.#options.logger.debug({ peerId: peer.id, mediaSections: answers.length }, 'An offer was answered.');
    this.#send({ type: 'sdpAnswer', sdp: answer, midToTrackId: Object.fromEntries(names) });
  }

  #answerSection(section: OfferSection, remote: RemoteTrack | undefined): SectionAnswer {
    if (section.rejected || section.kind === 'application') return { section, use: 'reject' };
    if (isSending(section)) return this.#published.answer(section);
    const subscription = remote?.subscription;
    const codec = subscription && findReceivingCodec(section.codecs, subscription.publication);
    if (!isReceiving(section) || !codec || subscription.closed) return { section, use: 'inactive' };
    const { media: ssrc, rtx: rtxSsrc } = subscription.ssrcs;
    return { section, use: 'send', codec, stream: { id: remote.streamId, cname: remote.streamId, ssrc, rtxSsrc } };
  }

  /** Tells the client of tracks that were removed before an answer had named them: now one has. */
  #tellWithdrawn(withdrawn: readonly RemoteTrack[]): void {
    for (const { endpoint, track } of withdrawn) {
      this.#send({ type: 'tracksRemoved', endpointId: endpoint.id, trackIds: [track.id] });
    }
    if (withdrawn.length > 0) this.#negotiation.request();
  }

  #resume(): void {
    for (const { subscription } of this.#remotes.values()) this.#guard(subscription?.resume());
  }

  #send(event: ServerEvent, change?: RoomChange): void {
    if (!this.#closed) this.#options.send(event, change);
  }

  /** Crashes the peer when `work` fails, unless the session is closed. */
  #guard(work: Promise<unknown> | undefined): void {
    work?.catch((error: unknown) => {
      if (this.#closed) return;
      const { room, peer, logger } = this.#options;
      logger.warn({ err: error }, 'The media session of a peer failed.');
      room.crashPeer(peer, error instanceof MediaPortError ? error.message : '');
    });
  }
}

function isReceiving(section: OfferSection): boolean {
  return !section.rejected && section.kind !== 'application' && section.direction === 'recvonly';
}

/** Whether an offer has all tracks of the client, which names those that it has when it sends the offer, and no other; a muted one has no name. */
function isComplete(sections: readonly OfferSection[], { midToTrackId, trackMetadata }: SdpOffer): boolean {
  const named = new Set(Object.values(midToTrackId));
  const sent = sections.filter(isSending).every(({ mid }) => midToTrackId[mid] !== undefined);
  return sent && Object.keys(trackMetadata).every((trackId) => named.has(trackId));
}
