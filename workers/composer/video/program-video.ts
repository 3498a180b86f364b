import { avcFormat } from '../../../src/media/rtp/avc-format.ts';
import type { PassedFrames, PassthroughLimits } from '../../../src/media/sample.ts';
import type { ComposingReason, ProgramSettings } from '../../../src/program/composer-message.ts';
import { partFrames, partTarget } from '../../../src/program/part-target.ts';
import { ProgramGrid } from '../../../src/program/program-grid.ts';
import type { SourceFormat } from '../encoded-program.ts';
import type { Canvas } from './canvas-ring.ts';
import { FramePacer, type PacedFrame } from './frame-pacer.ts';
import { type CreateEncoder, type EncodedOutput, GatedEncoder } from './gated-encoder.ts';
import type { CapturedFrame } from './gop.ts';
import type { PassableTrack, Passage, Return } from './passage.ts';
import { keyframeLeeway, maxHole, SourceWatch } from './source-watch.ts';

/**
 * Time for which a source must have been alone and regular before it is passed through, in ms. It is doubled, up to a maximum, each time that
 * the source fails soon: on a busy machine frames come too late again and again, and each change is a discontinuity.
 */
const stability = { first: 10_000, max: 160_000 };
/** Time for which frames are passed through after which a fault is not soon, in ms. */
const soon = 10_000;
/** Minimum duration of the last segment before a change, in ms: players such as hls.js (1.7) skip one that is very short. */
const minSegment = 500;
/** Number of keyframes after which one that makes a segment short is taken, too. */
const maxRefused = 3;
/** Time for which the first composed frame waits for the decoder, in ms; what is shown before it is a placeholder. */
const decoderTimeout = 700;
/** Time from the decision for a keyframe of the encoder to that keyframe, at least, in ms. */
const aimAhead = 350;
/** Maximum excess of a keyframe interval over what an output requires, in ms: it may not be rounded up. */
const maxExcess = 490;
/** Maximum time by which the first frame comes too late for its place, in ms. */
const maxLate = 50;
/** Difference of a frame's place from when it is due beyond which the frame rate has changed, in ms: a delay changes by up to 340. */
const maxLag = 400;

/** The receiver of the program's video. */
export interface ProgramVideoOutput extends EncodedOutput {
  beginSource(format: SourceFormat): void;
  source(frame: PacedFrame): void;
}

export interface ProgramVideoOptions {
  readonly settings: ProgramSettings;
  readonly output: ProgramVideoOutput;
  readonly createEncoder: CreateEncoder;
  /** Composes the frame of a tick. `late`: there is no time for that, and the last one is returned. */
  readonly compose: (tick: number, late: boolean) => Canvas;
  /** Position of the program, in ms. */
  readonly position: () => number;
  /** Called when the frames of a source are passed through from now on, and when they are composed again. */
  readonly onPassed: (trackId: string) => void;
  readonly onComposed: (reason: ComposingReason) => void;
}

/**
 * The video of a program: composed and encoded, or the frames of a source as they come when it is alone, stable and nothing needs another
 * format. Neither a decoder nor an encoder runs then. Between the two there is no gap: composed frames end where a keyframe of the source
 * begins, and frames of the source end where a composed keyframe begins. When the source fails, the encoder catches up from where its frames ended.
 */
export class ProgramVideo {
  readonly #options: ProgramVideoOptions;
  readonly #grid: ProgramGrid;
  readonly #watch: SourceWatch;
  readonly #ending = new Set<Promise<unknown>>();
  #encoder: GatedEncoder;
  #limits: PassthroughLimits | undefined;
  #track: PassableTrack | undefined;
  #passage: Passage | undefined;
  #return: Return | undefined;
  #nextTick = 0;
  #refused = 0;
  #stableAfter = stability.first;
  /** Until when the first composed frame waits for the decoder, in ms of the program. */
  #waitsUntil = Number.NEGATIVE_INFINITY;
  #waitsFor: PassableTrack | undefined;
  #pastRestarts = 0;
  #closed = false;

  constructor(options: ProgramVideoOptions) {
    this.#options = options;
    this.#grid = new ProgramGrid(options.settings);
    this.#watch = new SourceWatch(options.settings);
    this.#encoder = this.#createEncoder(true);
  }

  /** Current frames per second. */
  get frameRate(): number {
    return this.#passage?.frameRate ?? this.#encoder.frameRate;
  }

  /** Number of replaced encoders. */
  get restarts(): number {
    return this.#pastRestarts + this.#encoder.restarts;
  }

  start(): void {
    this.#encoder.start(0);
  }

  /** @param limits undefined: all frames are to be composed */
  limit(limits: PassthroughLimits | undefined): void {
    this.#limits = limits;
    this.#settle();
  }

  /** Sets the only source; undefined when there is none or the program shows more than its video. */
  show(track: PassableTrack | undefined): void {
    if (track === this.#track) return;
    this.#track = track;
    this.#settle();
  }

  /** To be called when a track that may be passed through has been removed, before {@link show}. */
  remove(track: PassableTrack): void {
    if (this.#passage?.track === track) this.#takeOver('ended');
  }

  /** Adds a frame of a source. @param due when it is to be shown, in ms of the program: later than its capture by a delay that may change */
  take(track: PassableTrack, frame: CapturedFrame, due: number): void {
    if (track !== this.#track && track !== this.#passage?.track) return;
    const kind = this.#watch.note(frame);
    const passage = this.#passage;
    if (kind === 'repeated' || this.#closed) return;
    if (!passage) return frame.key ? this.#join(track, frame, due) : undefined;
    if (passage.pacer.ended) return;
    const fault = kind === 'hole' ? 'hole' : this.#watch.fault;
    if (fault) return this.#takeOver(fault);
    if (passage.standby !== undefined) this.#standDown(passage);
    this.#pass(passage, passage.pacer.push(frame, due));
    if (Math.abs(due - passage.pacer.start) <= maxLag) return;
    if (passage.early) this.#takeOver('rate');
    else if (!this.#return) this.#beginReturn(passage, 'rate');
  }

  /** To be called when frames of a track are missing, before its decoder is told. */
  lose(track: PassableTrack): void {
    this.#watch.reset();
    if (this.#passage?.track === track) this.#takeOver('hole');
  }

  /** Draws a tick. Ticks start at 0 and have no gaps. */
  draw(tick: number, late: boolean): void {
    this.#nextTick = tick + 1;
    const passage = this.#passage;
    const composes = !passage || tick < passage.firstTick || this.#return || passage.standby !== undefined;
    if (composes) this.#compose(tick, late);
    if (!passage) return;
    const overdue = this.#options.position() - passage.pacer.usualEnd;
    if (overdue > maxHole) return this.#takeOver('hole');
    const isPassed = !passage.early && !this.#return && passage.standby === undefined;
    // an encoder and a decoder take half a second to start, which is what players have buffered
    if (isPassed && overdue > maxHole * (1 - 0.5 ** passage.alarms)) return this.#standBy(passage);
    if (passage.early) {
      if (tick >= passage.firstTick && !passage.ending) this.#begin(passage);
    } else if (this.#return) this.#returnTo(passage, this.#return);
    else if (passage.standby === undefined) this.#checkNeed(passage);
  }

  /** Ends the input. Resolves when all frames have been output. */
  async finish(): Promise<void> {
    this.#closed = true;
    const passage = this.#passage;
    if (passage?.early) await this.#encoder.finish();
    if (passage) {
      this.#flush(passage);
      this.#pass(passage, passage.pacer.finish(passage.pacer.usualEnd));
      await this.#encoder.close();
    } else await this.#encoder.finish();
    await Promise.all(this.#ending);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#encoder.close(), ...this.#ending]);
  }

  /** What is shown has changed: a source is stable after a while only, and one that is passed through may have to be composed. */
  #settle(): void {
    if (this.#passage) return;
    this.#watch.reset();
    this.#refused = 0;
  }

  #compose(tick: number, late: boolean): void {
    if (this.#waitsFor?.caughtUp === false && this.#options.position() < this.#waitsUntil) return;
    this.#waitsFor = undefined;
    this.#encoder.write(this.#options.compose(tick, late), tick);
  }

  /** Composed frames end where this keyframe begins, if the source is stable. */
  #join(track: PassableTrack, frame: CapturedFrame, due: number): void {
    const { settings } = this.#options;
    if (track !== this.#track || !this.#limits || this.#watch.obstacle(this.#limits, this.#stableAfter)) return;
    const { interval: usual, keyframeInterval } = this.#watch;
    const target = partTarget(this.#grid.part, settings.frameRate, true);
    const parts = this.#limits.parts ? partFrames(usual, target) : undefined;
    // a frame that is a little late begins later, and the next ones catch up
    const firstTick = Math.max(this.#tickAt(due), this.#nextTick);
    const late = this.#timeOf(firstTick) - due > maxLate;
    if ((this.#limits.parts && !parts) || late || !this.#isLong(firstTick)) return;
    const { min, max } = parts ?? { min: usual / 2, max: maxHole };
    const passed = { keyframeInterval, ...(parts && { part: { frames: parts.count, target } }) };
    const pacer = new FramePacer(this.#timeOf(firstTick), { usual, min, max });
    pacer.push(frame, due);
    this.#passage = {
      track,
      pacer,
      passed,
      frameRate: 1000 / usual,
      firstTick,
      early: [],
      ending: false,
      fault: undefined,
      keyAt: 0,
      standby: undefined,
      alarms: 0,
    };
  }

  /** Whether the last composed segment is not too short if it ends at this tick. Segments end at keyframes. */
  #isLong(tick: number): boolean {
    const rest = this.#timeOf(tick % this.#grid.group);
    if (rest === 0 || rest >= minSegment || this.#refused >= maxRefused) return true;
    this.#refused += 1;
    return false;
  }

  /** Ends the encoder; when all composed frames have been output, those of the source follow. */
  #begin(passage: Passage): void {
    passage.ending = true;
    this.#await(
      this.#encoder.finish().then(() => {
        if (this.#closed) return;
        this.#flush(passage);
        this.#options.onPassed(passage.track.trackId);
        if (passage.fault) this.#takeOver(passage.fault);
        else passage.track.park();
      }),
    );
  }

  #flush(passage: Passage): void {
    const early = passage.early ?? [];
    passage.early = undefined;
    for (const frame of early) this.#pass(passage, frame);
  }

  #pass(passage: Passage, paced: PacedFrame | undefined): void {
    if (!paced) return;
    if (passage.early) return void passage.early.push(paced);
    if (paced.frame.key) passage.keyAt = paced.start;
    const format = paced.frame.key ? avcFormat(paced.frame.parts) : undefined;
    if (format) this.#options.output.beginSource({ ...format, frameRate: passage.frameRate, passed: passage.passed });
    this.#options.output.source(paced);
  }

  /** Returns when the room or an output needs composed frames. */
  #checkNeed(passage: Passage): void {
    const reason = this.#track !== passage.track ? 'room' : this.#suits(passage.passed) ? undefined : 'output';
    if (reason) this.#beginReturn(passage, reason);
  }

  /** Starts the encoder. Frames are passed through until it runs. */
  #beginReturn({ track }: Passage, reason: ComposingReason): void {
    track.resume();
    this.#replaceEncoder(false);
    this.#encoder.start(this.#nextTick);
    this.#return = { reason, since: this.#options.position(), tick: undefined };
  }

  #suits({ keyframeInterval, part }: PassedFrames): boolean {
    if (!this.#limits || (this.#limits.parts && !part)) return false;
    return keyframeInterval <= this.#limits.keyframeInterval + maxExcess;
  }

  /** Lets the frames of the source end at a keyframe of the encoder. */
  #returnTo(passage: Passage, back: Return): void {
    const { pacer, track } = passage;
    const late = this.#options.position() - back.since > decoderTimeout * 4;
    if (back.tick === undefined && this.#encoder.productive && (track.caughtUp || late)) {
      back.tick = this.#returnTick(passage);
      this.#encoder.keepFrom(back.tick);
      pacer.aim(this.#timeOf(back.tick));
    }
    if (back.tick === undefined) return;
    if (pacer.final) this.#pass(passage, pacer.finish(this.#timeOf(back.tick)));
    if (!pacer.ended) return;
    this.#encoder.open();
    this.#end(back.reason);
  }

  /** The next keyframe of the encoder that is not too near; if possible, the last segment of the source is not too short. */
  #returnTick({ pacer, passed, keyAt }: Passage): number {
    const from = this.#tickAt(Math.max(this.#options.position(), pacer.usualEnd) + aimAhead);
    const first = this.#grid.nextKeyframe(from);
    const ticks = [0, 1, 2].map((groups) => first + groups * this.#grid.group);
    const interval = passed.keyframeInterval - keyframeLeeway;
    return ticks.find((tick) => (this.#timeOf(tick) - keyAt) % interval >= minSegment) ?? first;
  }

  /** Composes from the end of the last frame on: the encoder catches up. */
  #takeOver(reason: ComposingReason): void {
    const passage = this.#passage;
    if (!passage) return;
    if (passage.early) {
      if (passage.ending) passage.fault ??= reason;
      // Nothing has been passed: the encoder goes on.
      else this.#passage = undefined;
      return;
    }
    const { pacer, track } = passage;
    const isEarly = pacer.start - this.#timeOf(passage.firstTick) < soon;
    this.#stableAfter = isEarly ? Math.min(this.#stableAfter * 2, stability.max) : stability.first;
    const tick = passage.standby ?? this.#endTick(pacer);
    this.#pass(passage, pacer.finish(this.#timeOf(tick)));
    if (passage.standby === undefined) this.#startAt(tick);
    if (reason === 'ended') this.#waitsFor = undefined;
    else if (passage.standby === undefined) this.#waitFor(track);
    this.#encoder.open();
    this.#end(reason);
  }

  /** Starts an encoder whose frames are kept until it is opened. */
  #startAt(tick: number): void {
    this.#replaceEncoder(false);
    this.#encoder.start(tick);
    this.#encoder.keepFrom(tick);
  }

  /** Lets the first composed frame wait for a decoder. */
  #waitFor(track: PassableTrack): void {
    track.resume();
    this.#waitsFor = track;
    this.#waitsUntil = this.#options.position() + decoderTimeout;
  }

  /** Composes from the end of the last frame on, in case that no other follows. */
  #standBy(passage: Passage): void {
    passage.standby = this.#endTick(passage.pacer);
    this.#startAt(passage.standby);
    this.#waitFor(passage.track);
  }

  #standDown(passage: Passage): void {
    passage.standby = undefined;
    passage.alarms += 1;
    this.#waitsFor = undefined;
    this.#replaceEncoder(false);
    passage.track.park();
  }

  /** The last tick that begins before the frames of the source end, or else the next one. */
  #endTick(pacer: FramePacer): number {
    if (pacer.ended) return this.#tickAt(pacer.start);
    const tick = Math.floor((pacer.usualEnd * this.#options.settings.frameRate) / 1000);
    return this.#timeOf(tick) > pacer.start + 1 ? tick : tick + 1;
  }

  #end(reason: ComposingReason): void {
    this.#passage = undefined;
    this.#return = undefined;
    this.#watch.reset();
    this.#refused = 0;
    this.#options.onComposed(reason);
  }

  #createEncoder(open: boolean): GatedEncoder {
    return new GatedEncoder(this.#options.createEncoder, this.#options.output, open);
  }

  #replaceEncoder(open: boolean): void {
    this.#pastRestarts += this.#encoder.restarts;
    this.#await(this.#encoder.close());
    this.#encoder = this.#createEncoder(open);
  }

  #await(promise: Promise<unknown>): void {
    const ended: Promise<unknown> = promise.finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /** The tick that begins nearest to a time, in ms. */
  #tickAt(time: number): number {
    return Math.round((time * this.#options.settings.frameRate) / 1000);
  }

  #timeOf(tick: number): number {
    return (tick * 1000) / this.#options.settings.frameRate;
  }
}
