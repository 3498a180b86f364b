import PQueue from 'p-queue';
import type { Clock } from '../../src/clock/clock.ts';
import type {
  FromTrackRecorder,
  FromTrackRecording,
  ToTrackRecorder,
  ToTrackRecording,
} from '../../src/component/recording/track-recorder-message.ts';
import { BatchTimer } from './batch-timer.ts';
import { TrackRecording } from './track-recording.ts';

/** Maximum number of syncs to disk at a time: what is written must not wait for slow ones, see `threads` in main.ts. */
const maxSyncs = 4;

export interface TrackRecordingsOptions {
  readonly clock: Clock;
  readonly send: (message: FromTrackRecorder) => void;
}

/** The recordings of a track recorder by their numbers. What fails in one of them is reported to the server, and the others go on. */
export class TrackRecordings {
  readonly #options: TrackRecordingsOptions;
  readonly #batchTimer: BatchTimer;
  readonly #syncs = new PQueue({ concurrency: maxSyncs });
  readonly #recordings = new Map<number, Promise<TrackRecording>>();
  #closing: Promise<void> | undefined;

  constructor(options: TrackRecordingsOptions) {
    this.#options = options;
    this.#batchTimer = new BatchTimer(options.clock);
  }

  /** Handles a message of the server. Messages of one recording are handled in their order. */
  async take(message: ToTrackRecorder): Promise<void> {
    if (message.type === 'stop') return await this.close();
    const { recording } = message;
    try {
      await this.#take(recording, message.message);
    } catch (error) {
      this.#send(recording, { type: 'failed', reason: (error as Error).message });
    }
  }

  /** Completes all files. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #take(recording: number, message: ToTrackRecording): Promise<void> {
    if (message.type === 'open') return await this.#open(recording, message);
    const open = await this.#recordings.get(recording);
    if (message.type === 'addTrack') await open?.addTrack(message);
    else if (message.type === 'senderReport') open?.report(message.trackId, message.report);
    else if (message.type === 'removeTrack') open?.removeTrack(message.trackId);
    else await this.#end(recording, open);
  }

  async #open(recording: number, start: Extract<ToTrackRecording, { type: 'open' }>): Promise<void> {
    if (this.#closing || this.#recordings.has(recording)) return;
    const send = (message: FromTrackRecording) => this.#send(recording, message);
    const shared = { clock: this.#options.clock, batchTimer: this.#batchTimer, syncs: this.#syncs };
    const opening = TrackRecording.open({ ...start, ...shared, send });
    this.#recordings.set(recording, opening);
    await opening;
    send({ type: 'ready' });
  }

  async #end(recording: number, open: TrackRecording | undefined): Promise<void> {
    await open?.close();
    this.#recordings.delete(recording);
    this.#send(recording, { type: 'closed' });
  }

  #send(recording: number, message: FromTrackRecording): void {
    this.#options.send({ type: 'recording', recording, message });
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#recordings.values()].map(async (recording) => (await recording).close()));
    this.#options.send({ type: 'ended' });
  }
}
