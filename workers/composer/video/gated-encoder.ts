import type { Canvas } from './canvas-ring.ts';
import type { EncodedFrame } from './encoder-run.ts';

/** What is needed of a video encoder. */
export interface GateableEncoder {
  readonly restarts: number;
  /** Current frames per second. */
  readonly frameRate: number;
  start(firstTick: number): void;
  write(canvas: Canvas, tick: number): void;
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** The receiver of encoded frames. */
export interface EncodedOutput {
  /** @param record AVCDecoderConfigurationRecord */
  beginFormat(record: Buffer): void;
  video(frame: EncodedFrame): void;
}

export type CreateEncoder = (events: {
  readonly onFormat: (record: Buffer) => void;
  readonly onFrame: (frame: EncodedFrame) => void;
}) => GateableEncoder;

/** A video encoder whose frames can be dropped while it starts: only those from a chosen keyframe on are output. */
export class GatedEncoder {
  readonly #encoder: GateableEncoder;
  readonly #output: EncodedOutput;
  #open: boolean;
  #record: Buffer | undefined;
  #productive = false;
  /** Frames of earlier ticks are dropped. */
  #from: number;
  #early: EncodedFrame[] = [];

  /** @param open whether all frames are output */
  constructor(create: CreateEncoder, output: EncodedOutput, open: boolean) {
    this.#output = output;
    this.#open = open;
    this.#from = open ? 0 : Number.POSITIVE_INFINITY;
    this.#encoder = create({ onFormat: (record) => this.#begin(record), onFrame: (frame) => this.#take(frame) });
  }

  /** Whether it has encoded a frame. */
  get productive(): boolean {
    return this.#productive;
  }

  get restarts(): number {
    return this.#encoder.restarts;
  }

  get frameRate(): number {
    return this.#encoder.frameRate;
  }

  /** @param tick of its first frame */
  start(tick: number): void {
    this.#encoder.start(tick);
  }

  write(canvas: Canvas, tick: number): void {
    this.#encoder.write(canvas, tick);
  }

  /** Keeps the frames from a keyframe on until {@link open} is called. @param tick of a keyframe that has not been encoded */
  keepFrom(tick: number): void {
    this.#from = tick;
  }

  /** Outputs the kept frames and those that follow. */
  open(): void {
    this.#open = true;
    if (this.#record) this.#output.beginFormat(this.#record);
    for (const frame of this.#early.splice(0)) this.#output.video(frame);
  }

  /** Ends the input. Resolves when all frames have been output. */
  finish(): Promise<void> {
    return this.#encoder.finish();
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#open = false;
    this.#from = Number.POSITIVE_INFINITY;
    return this.#encoder.close();
  }

  #begin(record: Buffer): void {
    this.#record = record;
    if (this.#open) this.#output.beginFormat(record);
  }

  #take(frame: EncodedFrame): void {
    this.#productive = true;
    if (frame.tick < this.#from) return;
    if (this.#open) this.#output.video(frame);
    else this.#early.push(frame);
  }
}
