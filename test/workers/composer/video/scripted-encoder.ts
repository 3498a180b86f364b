import type { Canvas } from '../../../../workers/composer/video/canvas-ring.ts';
import type { CreateEncoder, GateableEncoder } from '../../../../workers/composer/video/gated-encoder.ts';

/** An encoder that outputs each canvas at once, or nothing until it is let. */
export class ScriptedEncoder implements GateableEncoder {
  readonly restarts = 0;
  readonly frameRate = 24;
  readonly events: Parameters<CreateEncoder>[0];
  /** Whether it starts slowly. */
  slow = false;
  state = 'new';
  nextTick = 0;
  #owed = 0;

  constructor(events: Parameters<CreateEncoder>[0]) {
    this.events = events;
  }

  start(tick: number): void {
    this.state = 'running';
    this.nextTick = tick;
    this.#owed = tick;
  }

  write(_canvas: Canvas, tick: number): void {
    this.nextTick = Math.max(tick + 1, this.nextTick);
    if (!this.slow) this.output();
  }

  output(): void {
    for (; this.#owed < this.nextTick; this.#owed += 1) {
      if (this.#first) this.events.onFormat(Buffer.from('014d401e', 'hex'));
      const keyframe = this.#first || this.#owed % 24 === 0;
      this.#first = false;
      this.events.onFrame({ tick: this.#owed, ticks: 1, data: Buffer.alloc(1), keyframe });
    }
  }

  #first = true;

  async finish(): Promise<void> {
    this.output();
    this.state = 'finished';
  }

  async close(): Promise<void> {
    if (this.state === 'running') this.state = 'closed';
  }
}
