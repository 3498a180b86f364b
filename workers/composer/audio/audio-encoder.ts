import type { Clock } from '../../../src/clock/clock.ts';
import { Ffmpeg } from '../../../src/ffmpeg/ffmpeg.ts';
import { type Backoff, restartDelay } from '../../../src/process/restart-policy.ts';
import type { ProgramSettings } from '../../../src/program/composer-message.ts';
import { sampleRate } from '../program-clock.ts';
import { AdtsReader } from './adts-reader.ts';
import { silentFrame } from './silent-frame.ts';

export interface AudioEncoderOptions {
  readonly settings: ProgramSettings;
  readonly clock: Clock;
  /** Called with the frame of block `index` of the timeline. Frames come in order and without a gap. */
  readonly onFrame: (data: Buffer, index: number) => void;
  readonly onTrouble: (sentence: string, fields: Readonly<Record<string, unknown>>) => void;
}

const backoff: Backoff = { firstMs: 100, maxMs: 5000, stableMs: 10_000 };
/** Bitrate from which on ffmpeg's `fast` coder is also the better one, by its manual, in bit/s. */
const fastCoderFrom = 64_000;
/** Number of blocks inside the encoder from which on it counts as hung: about five seconds. */
const dead = 235;

interface Run {
  readonly ffmpeg: Ffmpeg;
  readonly startedAt: number;
  /** The block of its next frame. The first frame is the encoder's priming and belongs to the block before the first. */
  index: number;
}

/** The program's audio encoder. Blocks that were inside a process that died become silence. */
export class AudioEncoder {
  readonly #options: AudioEncoderOptions;
  readonly #silence: Buffer;
  #run: Run | undefined;
  #blocks = 0;
  #next = 0;
  #restarts = 0;
  #attempt = 0;
  #cancelRestart: (() => void) | undefined;
  #finishing = false;
  readonly #ending = new Set<Promise<unknown>>();

  constructor(options: AudioEncoderOptions) {
    this.#options = options;
    this.#silence = silentFrame(options.settings.audioChannels);
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Process id of the current process. */
  get pid(): number | undefined {
    return this.#run?.ffmpeg.pid;
  }

  start(): void {
    const { settings, clock } = this.#options;
    const ffmpeg = new Ffmpeg(encoderArguments(settings), clock);
    const run: Run = { ffmpeg, startedAt: clock.now(), index: this.#blocks - 1 };
    const reader = new AdtsReader((data) => this.#take(run, data));
    ffmpeg.stdout.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        // its output is invalid: replace it
        void ffmpeg.kill();
      }
    });
    this.#run = run;
    const ended = ffmpeg.ended.then((end) => this.#afterEnd(run, { ...end })).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /** Encodes the next block of the timeline: 1024 samples, interleaved. */
  write(block: Int16Array): void {
    this.#blocks += 1;
    if (!this.#run) return this.#fillWithSilence();
    this.#run.ffmpeg.stdin.write(Buffer.from(block.buffer, block.byteOffset, block.byteLength));
    if (this.#blocks - this.#next > dead) void this.#run.ffmpeg.kill();
  }

  /** Ends the input. Resolves when all frames have been emitted. */
  async finish(): Promise<void> {
    this.#finishing = true;
    this.#cancelRestart?.();
    await this.#run?.ffmpeg.finish();
    await Promise.all(this.#ending);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#finishing = true;
    this.#cancelRestart?.();
    void this.#run?.ffmpeg.kill();
    await Promise.all(this.#ending);
  }

  #take(run: Run, data: Buffer): void {
    const index = run.index;
    run.index += 1;
    // priming, and padding at the end
    if (index < this.#next || index >= this.#blocks) return;
    this.#hand(data);
  }

  #hand(data: Buffer): void {
    this.#next += 1;
    this.#options.onFrame(data, this.#next - 1);
  }

  #fillWithSilence(): void {
    while (this.#next < this.#blocks) this.#hand(this.#silence);
  }

  #afterEnd(run: Run, end: Readonly<Record<string, unknown>>): void {
    this.#run = undefined;
    this.#fillWithSilence();
    if (this.#finishing) return;
    const { clock, onTrouble } = this.#options;
    this.#restarts += 1;
    if (clock.now() - run.startedAt >= backoff.stableMs) this.#attempt = 0;
    const restartInMs = restartDelay(backoff, this.#attempt, 1);
    this.#attempt += 1;
    onTrouble('The audio encoder is replaced.', { ...end, restartInMs, lastLines: [...run.ffmpeg.lastLines] });
    this.#cancelRestart = clock.schedule(restartInMs, () => this.start());
  }
}

function encoderArguments({ audioChannels, audioBitrate }: ProgramSettings): string[] {
  return [
    ...['-probesize', '32', '-analyzeduration', '0', '-f', 's16le', '-ar', String(sampleRate)],
    ...['-ac', String(audioChannels), '-i', 'pipe:0', '-c:a', 'aac', '-b:a', String(audioBitrate)],
    ...['-aac_coder', audioBitrate >= fastCoderFrom ? 'fast' : 'twoloop'],
    ...['-flush_packets', '1', '-f', 'adts', 'pipe:1'],
  ];
}
