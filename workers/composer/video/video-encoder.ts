import type { Clock } from '../../../src/clock/clock.ts';
import { type Backoff, restartDelay } from '../../../src/process/restart-policy.ts';
import type { ProgramSettings } from '../../../src/program/composer-message.ts';
import { ProgramGrid } from '../../../src/program/program-grid.ts';
import type { Canvas } from './canvas-ring.ts';
import { EncoderLoad } from './encoder-load.ts';
import { type EncodedFrame, EncoderRun } from './encoder-run.ts';

export interface VideoEncoderOptions {
  readonly settings: ProgramSettings;
  readonly clock: Clock;
  /** Called with the decoder configuration of the frames that follow. */
  readonly onFormat: (record: Buffer) => void;
  /** Called with each frame. Frames are contiguous and in order. */
  readonly onFrame: (frame: EncodedFrame) => void;
  readonly onTrouble: (sentence: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Called when the pending frames cannot be encoded any more. */
  readonly onBroken: () => void;
}

const backoff: Backoff = { firstMs: 50, maxMs: 5000, stableMs: 10_000 };
/** Delay beyond which only the frames of the grid are encoded, in ms. They last longer, so there is no gap. */
const late = 2000;
/** Delay beyond which the encoder fails, in ms: the program then restarts at the current time. */
const hopeless = 10_000;
/** Time without a change after which frames are encoded less often, in ms. */
const stillAfter = 1000;
/** Time without output after which an encoder counts as hung, in ms. */
const hangTimeout = 5000;

/**
 * The program's video encoder. Each tick of the program is covered by one frame, also when a process is replaced: the new one starts with a
 * keyframe where the frames of the last one ended.
 */
export class VideoEncoder {
  readonly #options: VideoEncoderOptions;
  readonly #load: EncoderLoad;
  readonly #grid: ProgramGrid;
  /** The runs that still have frames inside; the last one gets new frames. */
  #runs: EncoderRun[] = [];
  /** Frames of runs after the first, which wait for it to end. */
  readonly #early = new Map<EncoderRun, (() => void)[]>();
  /** The first tick without an emitted frame. */
  #nextTick = 0;
  #canvas: Canvas | undefined;
  /** The first tick of the current canvas. */
  #canvasSince = 0;
  /** Number of ticks up to now that wait for the end of their frame. */
  #held = 0;
  #restarts = 0;
  #failures = 0;
  #progressAt = 0;
  #cancelRestart: (() => void) | undefined;
  #finishing = false;
  readonly #ending = new Set<Promise<unknown>>();

  constructor(options: VideoEncoderOptions) {
    this.#options = options;
    this.#load = new EncoderLoad(options.clock, options.settings.preset);
    this.#grid = new ProgramGrid(options.settings);
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Current frames per second of a moving program. */
  get frameRate(): number {
    return this.#options.settings.frameRate / this.#load.effort.step;
  }

  /** Process id of the run that gets new frames. */
  get pid(): number | undefined {
    return this.#runs.at(-1)?.pid;
  }

  /** @param tick of the first frame */
  start(tick = 0): void {
    this.#nextTick = tick;
    this.#begin(tick);
  }

  /** Encodes the canvas of a tick. Ticks have no gaps; those before the first are ignored. */
  write(canvas: Canvas, tick: number): void {
    if (this.#finishing) return;
    if (canvas !== this.#canvas) this.#change(canvas, tick);
    const behind = this.#milliseconds(tick - this.#nextTick - this.#held);
    if (behind > hopeless) return this.#giveUp(behind);
    const run = this.#runs.at(-1);
    if (!run) return;
    if (run.nextTick === this.#nextTick) this.#progressAt = this.#options.clock.now();
    if (this.#options.clock.now() - this.#progressAt > hangTimeout) return this.#replace(run, 'hangs', {});
    this.#encode(this.#eased(run), canvas, tick, behind);
    if (run.productive && this.#load.judge(behind)) this.#tellEffort();
  }

  /** Ends the input. Resolves when all frames have been emitted. */
  async finish(): Promise<void> {
    this.#release();
    this.#stop();
    await Promise.all(this.#runs.map((run) => run.finish()));
    await Promise.all(this.#ending);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#stop();
    for (const run of this.#runs) void run.kill();
    await Promise.all(this.#ending);
  }

  /** Takes no further canvas and holds none: the encoders of a program share them. */
  #stop(): void {
    this.#finishing = true;
    this.#cancelRestart?.();
    if (this.#canvas) this.#canvas.holders -= 1;
    this.#canvas = undefined;
  }

  #change(canvas: Canvas, tick: number): void {
    // the frame that is held ends here, so that nothing new is late
    this.#release();
    if (this.#canvas) this.#canvas.holders -= 1;
    canvas.holders += 1;
    this.#canvas = canvas;
    this.#canvasSince = tick;
  }

  /** Encodes the ticks that are held. */
  #release(): void {
    const run = this.#runs.at(-1);
    if (run && this.#canvas && this.#held > 0) run.write(this.#canvas, run.nextTick, this.#held);
    this.#held = 0;
  }

  #encode(run: EncoderRun, canvas: Canvas, tick: number, behind: number): void {
    const isStill = this.#milliseconds(tick - this.#canvasSince) >= stillAfter;
    this.#held = 0;
    if (behind > late) run.write(canvas, tick, this.#grid.group);
    else if (isStill) this.#held = run.hold(canvas, tick, this.#grid.still);
    else run.write(canvas, tick, this.#load.effort.step);
  }

  #begin(firstTick: number): void {
    this.#cancelRestart = undefined;
    const { settings, clock } = this.#options;
    const { preset } = this.#load.effort;
    const run: EncoderRun = new EncoderRun({
      ...{ settings, preset, firstTick, clock },
      onConfiguration: (record) => this.#inTurn(run, () => this.#options.onFormat(record)),
      onFrame: (frame) => this.#inTurn(run, () => this.#hand(frame)),
    });
    this.#load.restart();
    this.#progressAt = clock.now();
    this.#runs.push(run);
    this.#early.set(run, []);
    // A run may end before one that was started earlier, and has frames for later then.
    const earlier = [...this.#ending];
    const ended = run.ended
      .then((end) => Promise.all(earlier).then(() => this.#afterEnd(run, { ...end })))
      .finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /** Frames of a run wait until those of the runs before it have been emitted. */
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

  #tellEffort(): void {
    const { frameRate } = this;
    this.#options.onTrouble('The effort of the video encoder changes.', { ...this.#load.effort, frameRate });
  }

  /**
   * Starts another run when the preset changes, at the next keyframe. The frames inside the old one are emitted before those of the new one.
   * @returns the run to write to
   */
  #eased(run: EncoderRun): EncoderRun {
    if (run.preset === this.#load.effort.preset || !this.#grid.isKeyframe(run.nextTick)) return run;
    this.#begin(run.nextTick);
    void run.finish();
    return this.#runs.at(-1) ?? run;
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

  /** A new run encodes the pending frames of the failed one from the current canvas. */
  #replace(broken: EncoderRun, what: string, fields: Readonly<Record<string, unknown>>): void {
    for (const run of this.#runs) void run.kill();
    this.#runs = [];
    this.#held = 0;
    this.#early.clear();
    if (this.#finishing) return;
    this.#restarts += 1;
    this.#failures += 1;
    const { clock, onTrouble } = this.#options;
    const restartInMs = restartDelay(backoff, this.#failures - 1, 1);
    const lastLines = [...broken.lastLines];
    onTrouble('The video encoder is replaced.', { what, ...fields, restartInMs, lastLines });
    this.#cancelRestart = clock.schedule(restartInMs, () => this.#begin(this.#nextTick));
  }

  #giveUp(behind: number): void {
    this.#stop();
    this.#options.onTrouble('The video encoder is too late; it starts again at the current time.', {
      behindMs: Math.round(behind),
    });
    this.#options.onBroken();
  }

  #milliseconds(ticks: number): number {
    return (ticks * 1000) / this.#options.settings.frameRate;
  }
}
