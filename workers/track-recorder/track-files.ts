import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type PQueue from 'p-queue';
import type { RecordedFile } from '../../src/component/recording/recording-report.ts';
import type { RecordedTrack } from '../../src/component/recording/track-recorder-message.ts';
import type { BatchTimer } from './batch-timer.ts';
import { MatroskaFile } from './matroska-file.ts';
import type { ReportFile } from './report-file.ts';
import type { TrackFormat } from './track-format.ts';

/** A frame of a track, to be written to a file. */
export interface TrackFrame {
  readonly data: Buffer;
  readonly key: boolean;
  /** RTP timestamp, 32 bits. */
  readonly timestamp: number;
  /** Time of capture, in ms since the Unix epoch. */
  readonly time: number;
  /** Format of the stream, in keyframes. */
  readonly format?: TrackFormat;
}

export interface TrackFilesOptions {
  readonly track: RecordedTrack;
  readonly folder: string;
  readonly report: ReportFile;
  /** Origin of the recording's clock, in ms since the Unix epoch. */
  readonly startedAt: number;
  /** Start of the track, in ms since the Unix epoch. */
  readonly joinedAt: number;
  readonly batchTimer: BatchTimer;
  /** Limits how many files are written at a time. */
  readonly writes?: PQueue;
  /** Called when a file is complete. */
  readonly onComplete?: (name: string) => void;
  readonly onFailure: (error: Error) => void;
}

interface CurrentFile {
  readonly name: string;
  readonly file: MatroskaFile;
  readonly format: TrackFormat;
  /** Whether a keyframe had other parameter sets than the head of the file: from then on all keyframes carry theirs. */
  changed: boolean;
}

const encodings = { avc: 'H264', vp8: 'VP8', opus: 'OPUS' } as const;

/** The files of one track. A change of the format starts another file. */
export class TrackFiles {
  readonly #options: TrackFilesOptions;
  #current: CurrentFile | undefined;
  #lastTime = -1;
  /** Capture time of the first frame of the track, and of the current file. */
  #begunAt: number | undefined;
  #firstTime = 0;
  #reported = false;
  readonly #closing = new Set<Promise<void>>();

  constructor(options: TrackFilesOptions) {
    this.#options = options;
  }

  add({ data, key, timestamp, time, format }: TrackFrame): void {
    if (format && format.key !== this.#current?.format.key) this.#begin(format, timestamp, time);
    if (!this.#current) return;
    this.#lastTime = Math.max(this.#lastTime + 1, Math.round(time - this.#options.startedAt));
    this.#current.file.add({ data: described(data, format, this.#current), key, time: this.#lastTime });
    this.#options.report.note(this.#current.name, { end_timestamp: timestamp });
  }

  /** To be called with the first sender report: capture times are on the sender's clock from now on. */
  reported(): void {
    if (this.#reported) return;
    this.#reported = true;
    if (this.#current) this.#options.report.note(this.#current.name, this.#wallclock());
  }

  async sync(): Promise<void> {
    await this.#current?.file.sync();
  }

  /** Resolves when all files are complete. Idempotent. @param time end of the track, in ms since the Unix epoch */
  async close(time: number): Promise<void> {
    this.#end(time);
    await Promise.all(this.#closing);
  }

  #begin(format: TrackFormat, timestamp: number, time: number): void {
    this.#end(time);
    const { folder, report, batchTimer, writes, onFailure } = this.#options;
    const name = `${randomUUID()}.mkv`;
    this.#begunAt ??= time;
    this.#firstTime = time;
    // The report first: a file without an entry could not be used.
    const after = report.add(name, this.#describe(format, timestamp));
    const file = new MatroskaFile({
      path: join(folder, name),
      format,
      after,
      batchTimer,
      ...(writes && { writes }),
      onFailure,
    });
    this.#current = { name, file, format, changed: false };
  }

  #end(time: number): void {
    if (!this.#current) return;
    const { name, file } = this.#current;
    this.#current = undefined;
    this.#options.report.note(name, { left: this.#nanoseconds(time) });
    const ending = file.close().then(() => this.#options.onComplete?.(name));
    this.#closing.add(ending);
    void ending.finally(() => this.#closing.delete(ending));
  }

  #describe(format: TrackFormat, timestamp: number): RecordedFile {
    const { track } = this.#options;
    // a later file starts where the one before it ends, as if the track had been added then
    const later = Math.max(this.#firstTime - (this.#begunAt ?? this.#firstTime), 0);
    return {
      type: track.kind,
      encoding: encodings[format.codec],
      offset: Math.round((track.offset + later) * 1e6),
      start_timestamp: timestamp,
      end_timestamp: timestamp,
      clock_rate: track.kind === 'video' ? 90_000 : 48_000,
      ...(this.#reported && this.#wallclock()),
      joined: this.#nanoseconds(later > 0 ? this.#firstTime : this.#options.joinedAt),
      metadata: track.metadata,
      origin: track.origin,
    };
  }

  /** Time on the recording's clock. */
  #nanoseconds(time: number): number {
    return Math.round(Math.max(time - this.#options.startedAt, 0) * 1e6);
  }

  #wallclock() {
    return { start_timestamp_wallclock: Math.round(this.#firstTime * 1e6) };
  }
}

/** The frame, with its parameter sets when those of the file are others. */
function described(data: Buffer, format: TrackFormat | undefined, current: CurrentFile): Buffer {
  if (format?.codec !== 'avc' || current.format.codec !== 'avc') return data;
  current.changed ||= !format.description.equals(current.format.description);
  return current.changed ? Buffer.concat([format.sets, data]) : data;
}
