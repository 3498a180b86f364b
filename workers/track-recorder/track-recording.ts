import PQueue from 'p-queue';
import { type Clock, steadyClock } from '../../src/clock/clock.ts';
import type {
  FromTrackRecording,
  RecordedTrack,
  TrackRecordingStart,
} from '../../src/component/recording/track-recorder-message.ts';
import type { ClockReport } from '../../src/media/rtp/rtcp.ts';
import type { AddTrack } from '../../src/program/track-message.ts';
import { syncFolder } from '../../src/storage/atomic-file.ts';
import { EndpointClock } from '../ingest/endpoint-clock.ts';
import type { BatchTimer } from './batch-timer.ts';
import { ReportFile } from './report-file.ts';
import { TrackFiles } from './track-files.ts';
import { TrackWriter } from './track-writer.ts';

/** Interval at which the report is saved and all files are synced to disk, in ms. */
const syncInterval = 5000;
/** Maximum number of files that are written at a time: a disk that does not respond must not take the threads of other recordings. */
const maxWrites = 2;

export interface TrackRecordingOptions extends TrackRecordingStart {
  /** Its time of day is not used. */
  readonly clock: Clock;
  readonly batchTimer: BatchTimer;
  /** Syncs to disk, of all recordings. */
  readonly syncs: PQueue;
  readonly send: (message: FromTrackRecording) => void;
}

/** Records the tracks of a room, each into files of its own, with a report of them. */
export class TrackRecording {
  readonly #options: TrackRecordingOptions;
  readonly #clock: Clock;
  readonly #report: ReportFile;
  readonly #writes = new PQueue({ concurrency: maxWrites });
  readonly #tracks = new Map<string, TrackWriter>();
  readonly #ending = new Set<Promise<void>>();
  readonly #endpoints = new Map<string, EndpointClock>();
  #cancelSync: () => void = () => undefined;
  #failed = false;
  #closing: Promise<void> | undefined;

  private constructor(options: TrackRecordingOptions, report: ReportFile) {
    this.#options = options;
    this.#clock = steadyClock(options.timeOrigin, options.clock);
    this.#report = report;
    this.#scheduleSync();
  }

  static async open(options: TrackRecordingOptions): Promise<TrackRecording> {
    return new TrackRecording(options, await ReportFile.open(options.folder, options.recordingId));
  }

  async addTrack({ track, stream, reports }: Omit<AddTrack<RecordedTrack>, 'type'>): Promise<void> {
    const { trackId } = track;
    if (this.#closing || this.#tracks.has(trackId)) return;
    const { folder, startedAt, batchTimer, send } = this.#options;
    const clock = this.#clock;
    const onComplete = (name: string) => send({ type: 'complete', name });
    const onFailure = (error: Error) => this.#fail(error);
    const raw = new TrackWriter({
      stream,
      clock,
      endpoint: this.#endpointClock(track.origin),
      files: new TrackFiles({
        track,
        folder,
        startedAt,
        joinedAt: clock.now(),
        batchTimer,
        writes: this.#writes,
        report: this.#report,
        onComplete,
        onFailure,
      }),
      onKeyframeNeeded: () => send({ type: 'keyframeNeeded', trackId }),
      onKeyframeTimeout: () => send({ type: 'trouble', sentence: 'A track sends no keyframe.', fields: { trackId } }),
      onFailure,
    });
    this.#tracks.set(trackId, raw);
    for (const report of reports) raw.report(report);
    send({ type: 'listening', trackId, port: await raw.listen() });
  }

  /** Handles a sender report of a track. */
  report(trackId: string, report: ClockReport): void {
    this.#tracks.get(trackId)?.report(report);
  }

  removeTrack(trackId: string): void {
    const track = this.#tracks.get(trackId);
    if (!track) return;
    this.#tracks.delete(trackId);
    const ending = track.close().then(() => this.#save());
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }

  /** Resolves when everything is on disk. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #endpointClock(origin: string): EndpointClock {
    const clock = this.#endpoints.get(origin) ?? new EndpointClock(this.#clock);
    this.#endpoints.set(origin, clock);
    return clock;
  }

  #scheduleSync(): void {
    this.#cancelSync = this.#clock.schedule(syncInterval, () => void this.#sync());
  }

  async #sync(): Promise<void> {
    const { syncs } = this.#options;
    // one after the other, for the same reason
    for (const { files } of [...this.#tracks.values()]) await syncs.add(() => files.sync());
    await syncs.add(() => this.#save());
    if (!this.#closing) this.#scheduleSync();
  }

  async #save(): Promise<void> {
    try {
      await this.#report.save();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    // a disk that does not respond never completes the files
    void this.close();
    this.#options.send({ type: 'failed', reason: error.message });
  }

  async #close(): Promise<void> {
    this.#cancelSync();
    for (const trackId of [...this.#tracks.keys()]) this.removeTrack(trackId);
    await Promise.all(this.#ending);
    await this.#save();
    await syncFolder(this.#options.folder).catch(() => undefined);
  }
}
