import type { Logger } from '../log/logger.ts';
import type { ProgramSink } from '../media/sample.ts';
import type { Endpoint } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import type { RoomChange } from '../room/room-change.ts';
import type { Track } from '../room/track.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { RtpForward } from '../sfu/rtp-forward.ts';
import type { FromMediaWorker, ProgramSettings, ProgramStatistics } from './composer-message.ts';
import type { MediaWorkerLink } from './composer-process.ts';
import type { OriginFilter } from './origin-filter.ts';
import { addCounts, type ProgramCounts } from './program-counts.ts';
import { ProgramFanout } from './program-fanout.ts';
import { ProgramTimeline } from './program-timeline.ts';
import { programTrack } from './program-track.ts';

export interface ProgramFeedOptions {
  readonly room: Room<RoomRouter>;
  readonly selection: OriginFilter;
  readonly settings: ProgramSettings;
  readonly startWorker: (logger: Logger) => MediaWorkerLink;
  readonly logger: Logger;
}

/** How a track reaches the worker: asked for, then open. */
interface Member {
  readonly endpoint: Endpoint;
  readonly track: Track;
  forward: RtpForward | undefined;
}

/**
 * One composed program of a room, on this side of the worker process: tells it of the tracks, sends it their RTP, and hands what
 * comes back to the sinks. The program starts with the first track and goes on, whatever becomes of the tracks, until `close()`.
 */
export class ProgramFeed {
  readonly #options: ProgramFeedOptions;
  readonly #logger: Logger;
  readonly #worker: MediaWorkerLink;
  readonly #members = new Map<string, Member>();
  readonly #fanout = new ProgramFanout();
  readonly #timeline = new ProgramTimeline();
  readonly #unsubscribe: (() => void)[] = [];
  /** Of the workers that are gone. */
  #past: ProgramCounts = addCounts([]);
  #statistics: ProgramStatistics | undefined;
  #ready = false;
  #started = false;
  #closing: Promise<void> | undefined;

  constructor(options: ProgramFeedOptions) {
    const { room, selection, logger } = options;
    this.#options = options;
    this.#logger = logger.child({ roomId: room.id });
    this.#worker = options.startWorker(this.#logger);
    this.#worker.observer.on('message', (message) => this.#take(message));
    this.#worker.observer.on('lost', () => this.#lose());
    this.#worker.observer.on('failed', (error) => {
      if (!this.#closing) this.#fanout.end(error);
    });
    const onChange = (change: RoomChange) => this.#follow(change);
    room.changes.on('change', onChange);
    this.#unsubscribe.push(() => room.changes.off('change', onChange));
    this.#unsubscribe.push(selection.onWidened(() => this.#addAll()));
    this.#addAll();
  }

  get roomId(): string {
    return this.#options.room.id;
  }

  /** Frames per second at present. */
  get frameRate(): number {
    return this.#statistics?.frameRate ?? this.#options.settings.frameRate;
  }

  /** Of all its workers. */
  get counts(): ProgramCounts {
    return addCounts([this.#past, ...(this.#statistics ? [this.#statistics] : [])]);
  }

  get sinks(): number {
    return this.#fanout.size;
  }

  add(sink: ProgramSink): void {
    this.#fanout.add(sink);
  }

  /** @returns whether it was there */
  remove(sink: ProgramSink): boolean {
    return this.#fanout.remove(sink);
  }

  /** Sinks get what the worker still holds, then their end. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  #follow(change: RoomChange): void {
    const { endpoint } = change;
    if (change.type === 'tracksAdded') for (const track of change.tracks) this.#add(endpoint, track);
    if (change.type === 'tracksRemoved') for (const track of change.tracks) this.#remove(track.id);
    if (change.type === 'trackUpdated') this.#update(endpoint, change.track);
    if (change.type === 'endpointUpdated') for (const track of endpoint.tracks.values()) this.#update(endpoint, track);
  }

  #addAll(): void {
    const { peers, components } = this.#options.room;
    for (const endpoint of [...components.values(), ...peers.values()]) {
      for (const track of endpoint.tracks.values()) this.#add(endpoint, track);
    }
  }

  #add(endpoint: Endpoint, track: Track): void {
    if (this.#members.has(track.id) || !this.#options.selection.takes(endpoint.id)) return;
    const member: Member = { endpoint, track, forward: undefined };
    this.#members.set(track.id, member);
    if (this.#ready) this.#introduce(member);
  }

  #remove(trackId: string): void {
    const member = this.#members.get(trackId);
    if (!member) return;
    this.#members.delete(trackId);
    member.forward?.close();
    this.#worker.send({ type: 'removeTrack', trackId });
  }

  #update(endpoint: Endpoint, track: Track): void {
    if (!this.#members.has(track.id)) return;
    this.#worker.send({ type: 'updateTrack', track: programTrack(endpoint, track) });
  }

  /** Tells the worker of a track; it will say where to send it. */
  #introduce(member: Member): void {
    if (!this.#started) {
      this.#started = true;
      this.#worker.send({ type: 'start', settings: this.#options.settings });
    }
    this.#open(member).catch((error: unknown) => {
      if (this.#isMember(member)) {
        this.#logger.warn({ err: error, trackId: member.track.id }, 'A track could not be added to the program.');
      }
    });
  }

  async #open(member: Member): Promise<void> {
    const { media } = this.#options.room;
    const publication = media.publications.get(member.track.id);
    if (!publication) throw new Error('The track is not published.');
    const forward = await RtpForward.open(media, publication);
    if (!this.#isMember(member) || !this.#ready) return forward.close();
    member.forward?.close();
    member.forward = forward;
    const track = programTrack(member.endpoint, member.track);
    const { stream, reports } = forward;
    this.#worker.send({ type: 'addTrack', track, stream, reports });
    const { trackId } = track;
    forward.observer.on('report', (report) => this.#worker.send({ type: 'senderReport', trackId, report }));
  }

  #take(message: FromMediaWorker): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        for (const member of this.#members.values()) this.#introduce(member);
        return;
      case 'listening':
        return this.#connect(message.trackId, message.port);
      case 'format': {
        const { format, start } = this.#timeline.format(message.format, message.start);
        return this.#fanout.format(format, start);
      }
      case 'sample':
        return this.#fanout.sample(this.#timeline.sample(message.sample));
      case 'keyframeNeeded':
        return this.#requestKeyframe(message.trackId);
      case 'statistics':
        this.#statistics = message.statistics;
        return;
      case 'trouble':
        this.#logger.warn(message.fields, message.sentence);
    }
  }

  #connect(trackId: string, port: number): void {
    const forward = this.#members.get(trackId)?.forward;
    forward?.start(port).catch((error: unknown) => {
      if (!forward.closed) this.#logger.warn({ err: error, trackId }, 'A track could not be sent to the program.');
    });
  }

  #requestKeyframe(trackId: string): void {
    const forward = this.#members.get(trackId)?.forward;
    forward?.requestKeyframe().catch((error: unknown) => {
      if (!forward.closed) this.#logger.debug({ err: error, trackId }, 'A keyframe could not be asked for.');
    });
  }

  /** The worker died: another one begins where the clock is now. */
  #lose(): void {
    this.#past = this.counts;
    this.#statistics = undefined;
    this.#ready = false;
    this.#started = false;
    this.#timeline.interrupt();
    for (const member of this.#members.values()) {
      member.forward?.close();
      member.forward = undefined;
    }
  }

  #isMember(member: Member): boolean {
    return this.#closing === undefined && this.#members.get(member.track.id) === member;
  }

  async #close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#worker.close();
    for (const { forward } of this.#members.values()) forward?.close();
    this.#members.clear();
    this.#fanout.end(undefined);
  }
}
