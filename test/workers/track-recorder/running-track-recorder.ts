import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { timeOriginOf } from '../../../src/clock/clock.ts';
import {
  type RecordedFile,
  type RecordingReport,
  RecordingReportSchema,
  readReport,
} from '../../../src/component/recording/recording-report.ts';
import type {
  FromTrackRecorder,
  FromTrackRecording,
  ToTrackRecorder,
  ToTrackRecording,
} from '../../../src/component/recording/track-recorder-message.ts';
import { frameMessage, MessageReader, messageOutput } from '../../../src/process/message-framing.ts';
import type { ForwardedStream } from '../../../src/sfu/rtp-forward.ts';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { eventually } from '../../eventually.ts';
import { decodedTimes } from '../../recorded-media.ts';
import { RtpSender, type RtpSenderOptions, type Script } from '../../rtp-sender.ts';

const main = fileURLToPath(new URL('../../../workers/track-recorder/main.ts', import.meta.url));

export interface RecordedTrackOptions extends Partial<Omit<RtpSenderOptions, 'script' | 'port' | 'onReport'>> {
  readonly origin?: string;
  readonly script: Script;
  readonly mimeType: ForwardedStream['mimeType'];
}

export interface RecorderOptions {
  /** Where to write; an own one by default. */
  readonly folder?: string;
  /** Bytes that a file may have: as little as a full disk would leave. */
  readonly quota?: number;
  readonly startedAt?: number;
  /** The time of day of the recording, where it is not that of the track recorder. */
  readonly timeOrigin?: number;
}

/** With the signal ignored a write beyond the limit fails like one to a full disk, instead of ending the process. */
const limited = (quota: number) => ['prlimit', `--fsize=${quota}`, 'env', '--ignore-signal=XFSZ'];

/** The process, and what it said of each recording. */
interface Worker {
  readonly child: ChildProcess;
  readonly exited: Promise<[number | null]>;
  readonly said: { readonly recording?: number; readonly message: FromTrackRecording | FromTrackRecorder }[];
  readonly events: EventEmitter<{ message: [] }>;
  recordings: number;
}

function startWorker(quota: number | undefined): Worker {
  const command = [process.execPath, main];
  const [program = '', ...args] = quota === undefined ? command : [...limited(quota), ...command];
  const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit', 'pipe'] });
  child.stdin?.on('error', () => undefined);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const worker: Worker = { child, exited, said: [], events: new EventEmitter(), recordings: 0 };
  worker.events.setMaxListeners(0);
  const reader = new MessageReader<FromTrackRecorder>((message) => {
    worker.said.push(message.type === 'recording' ? message : { message });
    worker.events.emit('message');
  });
  (child.stdio[messageOutput] as Readable).on('data', (chunk: Buffer) => reader.push(chunk));
  return worker;
}

/** A recording of a real track recorder, and scripted publishers to it. */
export class RunningTrackRecorder {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly startedAt: number;
  readonly exited: Promise<[number | null]>;
  readonly #worker: Worker;
  readonly #recording: number;
  readonly #senders = new Map<string, RtpSender>();
  #ssrc = 1000;
  #settlings = 0;
  #firstSubscription: number | undefined;

  private constructor(worker: Worker, folder: string, startedAt: number) {
    this.folder = folder;
    this.startedAt = startedAt;
    this.child = worker.child;
    this.exited = worker.exited;
    this.#worker = worker;
    worker.recordings += 1;
    this.#recording = worker.recordings;
  }

  /** Starts a track recorder, and a recording of it. */
  static async start(t: Pick<Test, 'teardown'>, options: RecorderOptions = {}): Promise<RunningTrackRecorder> {
    return await RunningTrackRecorder.#open(t, startWorker(options.quota), options);
  }

  static async #open(t: Pick<Test, 'teardown'>, worker: Worker, options: RecorderOptions) {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'shoal-recorder-')));
    const { startedAt = monotonicClock.now(), timeOrigin = timeOriginOf(monotonicClock) } = options;
    const recorder = new RunningTrackRecorder(worker, folder, startedAt);
    t.teardown(async () => {
      await recorder.close();
      await rm(folder, { recursive: true, force: true });
    });
    recorder.send({ type: 'open', folder, recordingId: 'room', startedAt, timeOrigin });
    await recorder.message('ready');
    return recorder;
  }

  /** Another recording of the same track recorder. */
  async another(t: Pick<Test, 'teardown'>, options: RecorderOptions = {}): Promise<RunningTrackRecorder> {
    return await RunningTrackRecorder.#open(t, this.#worker, options);
  }

  /** Milliseconds on the recording's clock. */
  get now(): number {
    return monotonicClock.now() - this.startedAt;
  }

  send(message: ToTrackRecording): void {
    this.#write({ type: 'recording', recording: this.#recording, message });
  }

  /** Resolves with the first message of this type, past or future. */
  async message<T extends FromTrackRecording['type']>(type: T, trackId?: string) {
    const is = (message: FromTrackRecording | FromTrackRecorder): message is FromTrackRecording & { type: T } =>
      message.type === type && (trackId === undefined || ('trackId' in message && message.trackId === trackId));
    for (;;) {
      const own = this.#worker.said.filter(({ recording }) => recording === this.#recording);
      const found = own.map(({ message }) => message).find(is);
      if (found) return found;
      await once(this.#worker.events, 'message');
    }
  }

  /** Adds a track and sends it. */
  async publish(trackId: string, options: RecordedTrackOptions): Promise<RtpSender> {
    const { origin = 'peer', script, mimeType, ...rest } = options;
    this.#ssrc += 1;
    const stream = { mimeType, payloadType: mimeType === 'audio/opus' ? 100 : 101, ssrc: this.#ssrc };
    const kind = mimeType === 'audio/opus' ? 'audio' : 'video';
    const now = monotonicClock.now();
    this.#firstSubscription ??= now;
    const offset = now - this.#firstSubscription;
    const track = { trackId, origin, kind, metadata: { type: trackId }, offset } as const;
    this.send({ type: 'addTrack', track, stream, reports: [] });
    const { port } = await this.message('listening', trackId);
    const sender = new RtpSender({
      ...{ script, port, clock: monotonicClock, startAt: monotonicClock.now(), ...rest },
      ...{ ssrc: stream.ssrc, payloadType: stream.payloadType },
      onReport: (report) => this.send({ type: 'senderReport', trackId, report }),
    });
    this.#senders.set(trackId, sender);
    return sender;
  }

  /** All publishers fall silent. */
  mute(): void {
    for (const sender of this.#senders.values()) sender.mute(true);
  }

  async unpublish(trackId: string): Promise<void> {
    await this.#senders.get(trackId)?.close();
    this.#senders.delete(trackId);
    this.send({ type: 'removeTrack', trackId });
  }

  /** Names of the files with media, and the report on them. */
  async result(): Promise<{ files: string[]; report: RecordingReport | undefined }> {
    const names = await readdir(this.folder);
    const report = await readReport(this.folder);
    if (report) RecordingReportSchema.parse(report);
    return { files: names.filter((name) => name.endsWith('.mkv')).sort(), report };
  }

  /** Waits until the report names so many files, and each of them has something in it. */
  async written(count: number): Promise<void> {
    await eventually(`${count} files`, async () => {
      const { report } = await this.result();
      const names = Object.keys(report?.tracks ?? {});
      const sizes = await Promise.all(
        names.map(async (name) => (await stat(join(this.folder, name)).catch(() => null))?.size),
      );
      return sizes.filter(Boolean).length >= count;
    });
  }

  /** Names of the files of a track so far, and what the report says of each. */
  async filesOf(trackId: string): Promise<[name: string, file: RecordedFile][]> {
    const { report } = await this.result();
    return Object.entries(report?.tracks ?? {}).filter(
      ([, { metadata }]) => (metadata as { type: string }).type === trackId,
    );
  }

  /** When each frame in the newest file of a track is, in s of the recording. */
  async timesOf(trackId: string): Promise<number[]> {
    const [name] = (await this.filesOf(trackId)).at(-1) ?? [];
    return name === undefined ? [] : await decodedTimes(join(this.folder, name));
  }

  /** Waits until there are so many seconds of each track in its newest file. */
  async recorded(trackIds: readonly string[], seconds: number): Promise<void> {
    for (const trackId of trackIds) {
      await eventually(`${seconds} s of ${trackId}`, async () => {
        const times = await this.timesOf(trackId);
        return (times.at(-1) ?? 0) - (times[0] ?? 0) >= seconds;
      });
    }
  }

  /** Waits until the worker has read what was sent to it before. */
  async settled(): Promise<void> {
    this.#settlings += 1;
    const trackId = `settling ${this.#settlings}`;
    const track = { trackId, origin: '', kind: 'audio', metadata: null, offset: 0 } as const;
    const stream = { mimeType: 'audio/opus', payloadType: 1, ssrc: 1 } as const;
    this.send({ type: 'addTrack', track, stream, reports: [] });
    await this.message('listening', trackId);
  }

  /** Ends this recording in order, and no other one. */
  async end(): Promise<void> {
    this.send({ type: 'close' });
    await this.message('closed');
  }

  /** Ends all recordings in order. @returns the worker's exit code */
  async stop(): Promise<number | null> {
    this.#write({ type: 'stop' });
    while (!this.#worker.said.some(({ message }) => message.type === 'ended')) {
      await once(this.#worker.events, 'message');
    }
    this.child.stdin?.end();
    const [code] = await this.exited;
    return code;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#senders.values()].map((sender) => sender.close()));
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await this.exited;
  }

  #write(message: ToTrackRecorder): void {
    this.child.stdin?.write(frameMessage(message));
  }
}
