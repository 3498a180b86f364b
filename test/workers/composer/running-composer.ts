import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ProgramFormat, ProgramSample } from '../../../src/media/sample.ts';
import { frameMessage, MessageReader, messageOutput } from '../../../src/process/message-framing.ts';
import type {
  FromComposer,
  ProgramSettings,
  ProgramStatistics,
  ProgramTrack,
  ToComposer,
} from '../../../src/program/composer-message.ts';
import type { ForwardedStream } from '../../../src/sfu/rtp-forward.ts';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { RtpSender, type RtpSenderOptions, type Script } from '../../rtp-sender.ts';

const main = fileURLToPath(new URL('../../../workers/composer/main.ts', import.meta.url));

export const testSettings: ProgramSettings = {
  ...{ width: 640, height: 360, frameRate: 30, keyframeInterval: 1000, partDuration: 300 },
  ...{ videoBitrate: 1_500_000, audioBitrate: 96_000, audioChannels: 2, showNames: false, preset: 'veryfast' },
};

export interface ProgramTrackOptions extends Partial<Omit<RtpSenderOptions, 'script' | 'port' | 'onReport'>> {
  readonly endpointId: string;
  readonly script: Script;
  readonly mimeType: ForwardedStream['mimeType'];
  readonly name?: string;
  readonly screenshare?: boolean;
  /** Whether it comes from a camera or file. */
  readonly steady?: boolean;
  readonly simulcast?: boolean;
}

/** A format and what came behind it. */
export interface ReceivedProgram {
  readonly format: ProgramFormat;
  readonly samples: ProgramSample[];
}

type Trouble = Extract<FromComposer, { type: 'trouble' }>;
type TileSize = Extract<FromComposer, { type: 'tileSize' }>;

/** A real composer, what it sends, and scripted publishers to it. */
export class RunningComposer {
  readonly child: ChildProcess;
  /** All but those of {@link efforts}. */
  readonly troubles: Trouble[] = [];
  /** Changes of what the video encoder is asked for: where the machine is slow, and has nothing to do with the test. */
  readonly efforts: Trouble[] = [];
  readonly keyframesNeeded: string[] = [];
  readonly tileSizes: TileSize[] = [];
  readonly received: ReceivedProgram[] = [];
  statistics: ProgramStatistics | undefined;
  wallClock = 0;
  readonly #events = new EventEmitter<{ message: [FromComposer] }>();
  readonly #senders = new Map<string, RtpSender>();
  #ended = false;
  #ssrc = 1000;

  private constructor() {
    this.child = spawn(process.execPath, [main], { stdio: ['pipe', 'inherit', 'inherit', 'pipe'] });
    this.#events.setMaxListeners(50);
    // reports of publishers that go on may come when it has ended
    this.child.stdin?.on('error', () => undefined);
    const reader = new MessageReader<FromComposer>((message) => this.#take(message));
    (this.child.stdio[messageOutput] as Readable).on('data', (chunk: Buffer) => reader.push(chunk));
  }

  static async start(settings: Partial<ProgramSettings> = {}): Promise<RunningComposer> {
    const worker = new RunningComposer();
    await worker.until(({ type }) => type === 'ready');
    worker.send({ type: 'start', settings: { ...testSettings, ...settings } });
    return worker;
  }

  get samples(): ProgramSample[] {
    return this.received.flatMap(({ samples }) => samples);
  }

  /** End of the last video sample, in ms of the program. */
  get position(): number {
    const last = this.samples.findLast(({ kind }) => kind === 'video');
    return last ? (last.time + last.duration) / 90 : 0;
  }

  send(message: ToComposer): void {
    this.child.stdin?.write(frameMessage(message));
  }

  /** Waits for a message, or until what it changes is so. */
  async until(isMet: (message: FromComposer) => boolean): Promise<void> {
    for (;;) {
      const [message] = (await once(this.#events, 'message')) as [FromComposer];
      if (isMet(message)) return;
    }
  }

  /** Lets the program go on for so many ms. */
  async play(duration: number): Promise<void> {
    const end = this.position + duration;
    await this.until(({ type }) => type === 'sample' && this.position >= end);
  }

  /** Adds a track and sends it. */
  async publish(trackId: string, options: ProgramTrackOptions): Promise<RtpSender> {
    const {
      endpointId,
      script,
      mimeType,
      name = '',
      screenshare = false,
      steady = false,
      simulcast,
      ...rest
    } = options;
    this.#ssrc += 1;
    const stream = { mimeType, payloadType: mimeType === 'audio/opus' ? 100 : 101, ssrc: this.#ssrc };
    const kind = mimeType === 'audio/opus' ? 'audio' : 'video';
    const track: ProgramTrack = { trackId, endpointId, kind, name, screenshare, steady };
    const listening = new Promise<number>((resolve) => {
      const listen = (message: FromComposer) => {
        if (message.type !== 'listening' || message.trackId !== trackId) return;
        this.#events.off('message', listen);
        resolve(message.port);
      };
      this.#events.on('message', listen);
    });
    this.send({ type: 'addTrack', track, stream, reports: [], ...(simulcast && { simulcast }) });
    const port = await listening;
    const sender = new RtpSender({
      ...{ script, port, clock: monotonicClock, startAt: monotonicClock.now(), ...rest },
      ...{ ssrc: stream.ssrc, payloadType: stream.payloadType },
      onReport: (report) => this.send({ type: 'senderReport', trackId, report }),
    });
    this.#senders.set(trackId, sender);
    return sender;
  }

  async unpublish(trackId: string): Promise<void> {
    this.send({ type: 'removeTrack', trackId });
    await this.#senders.get(trackId)?.close();
    this.#senders.delete(trackId);
  }

  /** Ends the program in order. @returns the worker's exit code */
  async stop(): Promise<number | null> {
    const exited = once(this.child, 'exit');
    this.send({ type: 'stop' });
    const [code] = await exited;
    await this.close();
    if (!this.#ended) throw new Error('The worker did not say that it ended');
    return code;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#senders.values()].map((sender) => sender.close()));
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }

  #take(message: FromComposer): void {
    if (message.type === 'format') {
      this.received.push({ format: message.format, samples: [] });
      this.wallClock = message.start.wallClock;
    }
    if (message.type === 'sample') this.received.at(-1)?.samples.push(message.sample);
    if (message.type === 'statistics') this.statistics = message.statistics;
    if (message.type === 'trouble') {
      const isEffort = message.sentence === 'The effort of the video encoder changes.';
      (isEffort ? this.efforts : this.troubles).push(message);
    }
    if (message.type === 'tileSize') this.tileSizes.push(message);
    if (message.type === 'keyframeNeeded') this.keyframesNeeded.push(message.trackId);
    if (message.type === 'ended') this.#ended = true;
    this.#events.emit('message', message);
  }
}
