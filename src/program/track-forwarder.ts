import { type Clock, systemClock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { RtpForward } from '../sfu/rtp-forward.ts';
import { TileLayer } from './tile-layer.ts';
import type { FromTrackWorker, ToTrackWorker } from './track-message.ts';

export interface TrackForwarderOptions<Track> {
  readonly media: RoomRouter;
  /** Sends a message to the worker. Called only while it is ready for tracks. */
  readonly send: (message: ToTrackWorker<Track>) => void;
  readonly logger: Logger;
  /** @defaultValue the system's */
  readonly clock?: Clock;
}

interface Member<Track> {
  readonly trackId: string;
  readonly describe: () => Track;
  forward: RtpForward | undefined;
  /** Of a simulcast track. Until the worker tells a size, its highest layer is forwarded. */
  tileLayer: TileLayer | undefined;
}

/**
 * Forwards tracks of a room to a composer or track recorder: announces each track, forwards its RTP to the port that the worker opened,
 * passes on its sender reports, and requests the keyframes and simulcast layers that the worker needs. A worker that replaces a dead one gets
 * all tracks again.
 */
export class TrackForwarder<Track> {
  readonly #options: TrackForwarderOptions<Track>;
  readonly #members = new Map<string, Member<Track>>();
  #ready = false;
  #closed = false;

  constructor(options: TrackForwarderOptions<Track>) {
    this.#options = options;
  }

  /** Adds a track; a known one stays as it is. @param describe called for each worker that gets the track */
  add(trackId: string, describe: () => Track): void {
    if (this.#closed || this.#members.has(trackId)) return;
    const member: Member<Track> = { trackId, describe, forward: undefined, tileLayer: undefined };
    this.#members.set(trackId, member);
    if (this.#ready) this.#introduce(member);
  }

  /** Number of tracks. */
  get size(): number {
    return this.#members.size;
  }

  has(trackId: string): boolean {
    return this.#members.has(trackId);
  }

  /** Removes a track. Unknown ids are ignored. */
  remove(trackId: string): void {
    const member = this.#members.get(trackId);
    if (!member) return;
    this.#members.delete(trackId);
    // Otherwise the worker does not know the track.
    if (!member.forward) return;
    member.forward.close();
    this.#options.send({ type: 'removeTrack', trackId });
  }

  /** Handles a message of the worker. */
  take(message: FromTrackWorker): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        for (const member of this.#members.values()) this.#introduce(member);
        return;
      case 'listening':
        return this.#connect(message.trackId, message.port);
      case 'keyframeNeeded':
        return this.#requestKeyframe(message.trackId);
      case 'tileSize':
        return this.#members.get(message.trackId)?.tileLayer?.fit(message.tile, message.frame);
      case 'trouble':
        this.#options.logger.warn(message.fields, message.sentence);
    }
  }

  /** To be called when the worker has died. The next one reports that it is ready. */
  lose(): void {
    this.#ready = false;
    for (const member of this.#members.values()) {
      member.forward?.close();
      member.forward = undefined;
      member.tileLayer = undefined;
    }
  }

  /** Ends all forwards, without a message to the worker. Idempotent. */
  close(): void {
    this.#closed = true;
    this.lose();
    this.#members.clear();
  }

  #introduce(member: Member<Track>): void {
    const { trackId } = member;
    const { media, logger } = this.#options;
    this.#open(member).catch((err: unknown) => {
      const isWanted = this.#isMember(member) && media.publications.has(trackId);
      if (isWanted) logger.warn({ err, trackId }, 'A track could not be sent to a worker.');
    });
  }

  async #open(member: Member<Track>): Promise<void> {
    const { media, send } = this.#options;
    const { trackId } = member;
    const publication = media.publications.get(trackId);
    // It has ended; the room is about to remove it.
    if (!publication) return;
    const forward = await RtpForward.open(media, publication);
    // If the worker was replaced meanwhile, the track is opened twice. It is sent once: a port receives one stream.
    if (!this.#isMember(member) || !this.#ready || member.forward) return forward.close();
    member.forward = forward;
    member.tileLayer = this.#openTileLayer(trackId, forward);
    const { stream, reports } = forward;
    send({ type: 'addTrack', track: member.describe(), stream, reports, ...(member.tileLayer && { simulcast: true }) });
    forward.observer.on('report', (report) => send({ type: 'senderReport', trackId, report }));
  }

  #openTileLayer(trackId: string, forward: RtpForward): TileLayer | undefined {
    const { clock = systemClock, logger } = this.#options;
    const { encodings } = forward.publication;
    if (encodings.length < 2) return undefined;
    const onChosen = (layer: number) => {
      forward.setLayer(layer).catch((err: unknown) => {
        if (!forward.closed) logger.debug({ err, trackId, layer }, 'A layer of a track could not be requested.');
      });
    };
    const tileLayer = new TileLayer({ encodings, clock, onChosen });
    const follow = () => tileLayer.follow(forward.layer, forward.arriving);
    forward.observer.on('layers', follow).once('closed', () => tileLayer.close());
    follow();
    return tileLayer;
  }

  #connect(trackId: string, port: number): void {
    const forward = this.#members.get(trackId)?.forward;
    forward?.start(port).catch((err: unknown) => {
      if (!forward.closed) this.#options.logger.warn({ err, trackId, port }, 'A track could not be sent to a worker.');
    });
  }

  #requestKeyframe(trackId: string): void {
    const forward = this.#members.get(trackId)?.forward;
    forward?.requestKeyframe().catch((err: unknown) => {
      if (!forward.closed) this.#options.logger.debug({ err, trackId }, 'A keyframe could not be requested.');
    });
  }

  #isMember(member: Member<Track>): boolean {
    return this.#members.get(member.trackId) === member;
  }
}
