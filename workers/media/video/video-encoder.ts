import type { Clock } from '../../../src/clock/clock.ts';
import type { Spawn } from '../../../src/process/child.ts';
import { type Backoff, restartDelay } from '../../../src/process/restart-policy.ts';
import type { ProgramSettings } from '../../../src/recorder/media-message.ts';
import type { Canvas } from './canvas-ring.ts';
import { EncoderLoad } from './encoder-load.ts';
import { type EncodedFrame, EncoderRun } from './encoder-run.ts';

export interface VideoEncoderOptions {
  readonly settings: ProgramSettings;
  readonly clock: Clock;
  readonly spawn?: Spawn | undefined;
  /** The frames from here on need another decoder configuration; `frameRate` in frames per second. */
  readonly onFormat: (record: Buffer, frameRate: number) => void;
  /** Frames in order, each where the one before ends. */
  readonly onFrame: (frame: EncodedFrame) => void;
  readonly onTrouble: (sentence: string, fields: Readonly<Record<string, unknown>>) => void;
  /** No encoder can be kept running. */
  readonly onBroken: () => void;
}

const backoff: Backoff = { firstMs: 50, longestMs: 5000, stableMs: 10_000 };
/** Encoders in a row that end before their first frame. */
const mostFailures = 8;
/** Video inside an encoder that cannot be helped, in ms: from here on frames last longer. */
const full = 2000;
/** An encoder that makes nothing of its frames for so many ms is taken for dead. */
const patience = 5000;

/**
 * The program's video encoder. Whatever becomes of its processes, each tick of the program is covered by one frame: a new process
 * begins with a key frame where the frames of the last one ended.
 */
export class VideoEncoder {
  readonly #options: VideoEncoderOptions;
  readonly #load: EncoderLoad;
  /** The one that frames go to; before it, those that still have some inside. */
  #runs: EncoderRun[] = [];
  /** What came out of a run that is not the first. */
  readonly #early = new Map<EncoderRun, (() => void)[]>();
  /** The first tick that no frame came out for. */
  #nextTick = 0;
  #canvas: Canvas | undefined;
  #restarts = 0;
  #failures = 0;
  #progressAt = 0;
  #cancelRestart: (() => void) | undefined;
  #finishing = false;
  readonly #ending = new Set<Promise<unknown>>();

  constructor(options: VideoEncoderOptions) {
    this.#options = options;
    this.#load = new EncoderLoad(options.clock);
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Frames per second at present. */
  get frameRate(): number {
    return this.#options.settings.frameRate / this.#load.effort.step;
  }

  /** Of the process that frames go to. */
  get pid(): number | undefined {
    return this.#runs.at(-1)?.pid;
  }

  start(): void {
    this.#begin(0);
  }

  /** Ticks are counted from 0, without a gap. */
  write(canvas: Canvas, tick: number): void {
    if (this.#canvas) this.#canvas.holders -= 1;
    canvas.holders += 1;
    this.#canvas = canvas;
    const run = this.#runs.at(-1);
    if (!run || this.#finishing) return;
    const behind = this.#milliseconds(run.nextTick - this.#nextTick);
    if (behind === 0) this.#progressAt = this.#options.clock.now();
    if (this.#options.clock.now() - this.#progressAt > patience) return this.#replace(run, 'hangs', {});
    if (behind > full && this.#load.exhausted && run.lengthen(tick)) return;
    run.write(canvas, tick);
    if (run.productive && this.#load.judge(behind)) this.#changeEffort(run);
  }

  /** Everything inside comes out. */
  async finish(): Promise<void> {
    this.#finishing = true;
    this.#cancelRestart?.();
    for (const run of this.#runs) await run.finish();
    await Promise.all(this.#ending);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#finishing = true;
    this.#cancelRestart?.();
    for (const run of this.#runs) void run.kill();
    await Promise.all(this.#ending);
  }

  #begin(firstTick: number): void {
    this.#cancelRestart = undefined;
    const { settings, clock, spawn } = this.#options;
    const { effort } = this.#load;
    const frameRate = this.frameRate;
    const run: EncoderRun = new EncoderRun({
      ...{ settings, effort, firstTick, clock, spawn },
      onConfiguration: (record) => this.#inTurn(run, () => this.#options.onFormat(record, frameRate)),
      onFrame: (frame) => this.#inTurn(run, () => this.#hand(frame)),
    });
    this.#load.restart();
    this.#progressAt = clock.now();
    this.#runs.push(run);
    this.#early.set(run, []);
    const ended = run.ended.then((end) => this.#afterEnd(run, { ...end })).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /** What comes out of a run waits until all before it is out. */
  #inTurn(run: EncoderRun, hand: () => void): void {
    if (run === this.#runs[0]) hand();
    else this.#early.get(run)?.push(hand);
  }

  #hand(frame: EncodedFrame): void {
    this.#nextTick = frame.tick + frame.ticks;
    this.#progressAt = this.#options.clock.now();
    this.#failures = 0;
    this.#options.onFrame(frame);
  }

  /** The frames inside the old process come out before those of the new one. */
  #changeEffort(run: EncoderRun): void {
    this.#options.onTrouble('Video encoder is given another effort', {
      ...this.#load.effort,
      frameRate: this.frameRate,
    });
    this.#begin(run.nextTick);
    void run.finish();
  }

  #afterEnd(run: EncoderRun, end: Readonly<Record<string, unknown>>): void {
    if (!this.#runs.includes(run)) return;
    const complete = run === this.#runs[0] && run.nextTick === this.#nextTick;
    const last = run === this.#runs.at(-1);
    if (!complete || (last && !this.#finishing)) return this.#replace(run, 'ended', end);
    this.#runs.shift();
    const next = this.#runs[0];
    for (const hand of (next && this.#early.get(next)) ?? []) hand();
    this.#early.delete(run);
    if (next) this.#early.set(next, []);
  }

  /** A new process makes the frames that the broken one owes, of the picture as it is now. */
  #replace(broken: EncoderRun, what: string, fields: Readonly<Record<string, unknown>>): void {
    for (const run of this.#runs) void run.kill();
    this.#runs = [];
    this.#early.clear();
    if (this.#finishing) return;
    this.#restarts += 1;
    this.#failures += 1;
    const { clock, onTrouble, onBroken } = this.#options;
    const restartInMs = restartDelay(backoff, this.#failures - 1, 1);
    const lastLines = [...broken.lastLines];
    onTrouble('Video encoder is replaced', { what, ...fields, restartInMs, lastLines });
    if (this.#failures > mostFailures) return onBroken();
    this.#cancelRestart = clock.schedule(restartInMs, () => this.#begin(this.#nextTick));
  }

  #milliseconds(ticks: number): number {
    return (ticks * 1000) / this.#options.settings.frameRate;
  }
}
