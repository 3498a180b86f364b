import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../log/logger.ts';
import { WorkerProcess } from '../../process/worker-process.ts';
import type { Publication } from '../../sfu/publication.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import { RtpForward } from '../../sfu/rtp-forward.ts';
import type { FromRecorderWorker, RecordedTrack, ToRecorderWorker } from './recorder-message.ts';

const program = fileURLToPath(new URL('../../../workers/track-recorder/main.ts', import.meta.url));
/** Milliseconds that the worker has to finish its files. */
const finishTime = 3000;

export interface RawRecorderOptions {
  readonly media: RoomRouter;
  /** Exists. */
  readonly folder: string;
  /** Id of the room. */
  readonly recordingId: string;
  /** Where the recording's clock begins, in ms since the Unix epoch. */
  readonly startedAt: number;
  readonly logger: Logger;
}

interface Member {
  readonly track: RecordedTrack;
  readonly publication: Publication;
  forward: RtpForward | undefined;
}

/**
 * Writes tracks of a room to files as they are, in a process of its own: this side tells it which, and has mediasoup send them there.
 * When the worker dies, another one goes on with new files.
 */
export class RawRecorder {
  /** `complete`: nothing more comes into a file, while others go on. `failed`: nothing can be written any more. */
  readonly observer = new EventEmitter<{ complete: [name: string]; failed: [reason: string] }>();
  readonly #options: RawRecorderOptions;
  readonly #worker: WorkerProcess<ToRecorderWorker, FromRecorderWorker>;
  readonly #members = new Map<string, Member>();
  #ready = false;
  #closing: Promise<void> | undefined;

  constructor(options: RawRecorderOptions) {
    this.#options = options;
    this.#worker = new WorkerProcess({
      name: 'recorder worker',
      program,
      stop: { type: 'stop' },
      finishTime,
      // it finishes its files
      orphanSignal: 'SIGTERM',
      logger: options.logger,
    });
    this.#worker.observer.on('message', (message) => this.#take(message));
    this.#worker.observer.on('lost', () => this.#lose());
    this.#worker.observer.on('failed', (error) => this.observer.emit('failed', error.message));
  }

  /** For tests that kill it. */
  get workerPid(): number | undefined {
    return this.#worker.pid;
  }

  add(track: RecordedTrack, publication: Publication): void {
    if (this.#closing || this.#members.has(track.trackId)) return;
    const member: Member = { track, publication, forward: undefined };
    this.#members.set(track.trackId, member);
    if (this.#ready) this.#introduce(member);
  }

  /** Unknown ids are ignored. */
  remove(trackId: string): void {
    const member = this.#members.get(trackId);
    if (!member) return;
    this.#members.delete(trackId);
    member.forward?.close();
    this.#worker.send({ type: 'removeTrack', trackId });
  }

  /** Resolves when all files are finished. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #take(message: FromRecorderWorker): void {
    switch (message.type) {
      case 'ready':
        return this.#start();
      case 'listening':
        return this.#connect(message.trackId, message.port);
      case 'keyframeNeeded':
        return this.#requestKeyframe(message.trackId);
      case 'complete':
        if (!this.#closing) this.observer.emit('complete', message.name);
        return;
      case 'trouble':
        return this.#options.logger.warn(message.fields, message.sentence);
      case 'failed':
        this.observer.emit('failed', message.reason);
    }
  }

  #start(): void {
    if (this.#closing) return;
    const { folder, recordingId, startedAt } = this.#options;
    this.#ready = true;
    this.#worker.send({ type: 'start', folder, recordingId, startedAt });
    for (const member of this.#members.values()) this.#introduce(member);
  }

  /** The worker will say where to send the track. */
  #introduce(member: Member): void {
    const { track, publication } = member;
    const open = async () => {
      const forward = await RtpForward.open(this.#options.media, publication);
      if (!this.#holds(member) || !this.#ready || member.forward) return forward.close();
      member.forward = forward;
      const { stream, reports } = forward;
      this.#worker.send({ type: 'addTrack', track, stream, reports });
      const { trackId } = track;
      forward.observer.on('report', (report) => this.#worker.send({ type: 'senderReport', trackId, report }));
    };
    open().catch((error: unknown) => {
      if (!this.#holds(member) || publication.closed) return;
      this.#options.logger.warn({ err: error, trackId: track.trackId }, 'A track could not be recorded.');
    });
  }

  #connect(trackId: string, port: number): void {
    const forward = this.#members.get(trackId)?.forward;
    forward?.start(port).catch((error: unknown) => {
      if (!forward.closed) this.#options.logger.warn({ err: error, trackId }, 'A track could not be recorded.');
    });
  }

  #requestKeyframe(trackId: string): void {
    const forward = this.#members.get(trackId)?.forward;
    forward?.requestKeyframe().catch((error: unknown) => {
      if (!forward.closed) this.#options.logger.debug({ err: error, trackId }, 'A keyframe could not be asked for.');
    });
  }

  #lose(): void {
    this.#ready = false;
    this.#options.logger.warn('A recorder worker died; another one goes on.');
    for (const member of this.#members.values()) {
      member.forward?.close();
      member.forward = undefined;
    }
  }

  #holds(member: Member): boolean {
    return !this.#closing && this.#members.get(member.track.trackId) === member;
  }

  async #close(): Promise<void> {
    await this.#worker.close();
    for (const { forward } of this.#members.values()) forward?.close();
    this.#members.clear();
  }
}
