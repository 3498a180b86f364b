import { createSocket } from 'node:dgram';
import type { Clock } from '../src/clock/clock.ts';
import type { ClockReport } from '../src/media/rtp/rtcp.ts';
import { serializeRtp } from '../src/media/rtp/rtp-packet.ts';
import { seededRandom } from './seeded-random.ts';

/** One frame of a scripted stream. */
export interface ScriptedFrame {
  /** Ms from the start of the script. */
  readonly time: number;
  readonly key: boolean;
  readonly payloads: readonly Buffer[];
}

/** What is sent; it begins anew when it is over. */
export interface Script {
  readonly frames: readonly ScriptedFrame[];
  /** Length in ms. */
  readonly duration: number;
  /** Ticks per second. */
  readonly clockRate: number;
}

export interface RtpSenderOptions {
  readonly script: Script;
  readonly ssrc: number;
  readonly payloadType: number;
  /** On 127.0.0.1. */
  readonly port: number;
  readonly clock: Clock;
  /** When the script begins, in ms of the clock; senders with the same beginning belong together. */
  readonly startAt: number;
  /** Ms that each packet is sent late. */
  readonly delay?: number;
  /** Share of packets that are lost, from 0 to 1. */
  readonly loss?: number;
  /** Share of packets that are overtaken by the next two, from 0 to 1. */
  readonly reorder?: number;
  /** Of what is lost and reordered. */
  readonly seed?: number;
  /** Ms between sender reports; 0 = none. Default 500. */
  readonly reportEvery?: number;
  readonly onReport?: (report: ClockReport) => void;
}

/** How far it looks ahead, in ms. */
const step = 5;

/** Sends a script of frames as RTP in real time, with sender reports beside it, and with the faults that a test asks for. */
export class RtpSender {
  readonly #options: RtpSenderOptions;
  readonly #socket = createSocket('udp4');
  readonly #random: () => number;
  #script: Script;
  /** When the present script began. */
  #scriptStart: number;
  #index = 0;
  #sequence: number;
  #nextReport = 0;
  #late: Buffer[] = [];
  #lateFor = 0;
  #muted = false;
  #waitsForKey = false;
  #cancel: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #lost = 0;

  constructor(options: RtpSenderOptions) {
    this.#options = options;
    this.#script = options.script;
    this.#scriptStart = options.startAt;
    this.#random = seededRandom(options.seed ?? 1);
    // wraps soon, so that wrapping is tested all the time
    this.#sequence = 65_500;
    this.#run();
  }

  /** Packets that were left out. */
  get lost(): number {
    return this.#lost;
  }

  /** Sends nothing while time goes on. */
  mute(muted: boolean): void {
    this.#muted = muted;
    if (!muted) this.#waitsForKey = true;
  }

  /** Goes on with another script, of the same clock rate, from its beginning. */
  change(script: Script): void {
    this.#scriptStart = this.#options.clock.now();
    this.#script = script;
    this.#index = 0;
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#cancel?.();
    this.#closing ??= new Promise((resolve) => this.#socket.close(() => resolve()));
    return this.#closing;
  }

  #run(): void {
    const { clock, delay = 0 } = this.#options;
    const now = clock.now() - delay;
    for (let frame = this.#due(now); frame; frame = this.#due(now)) {
      this.#send(frame, this.#scriptStart + frame.time);
      this.#index += 1;
    }
    this.#report(now);
    this.#cancel = clock.schedule(step, () => this.#run());
  }

  #due(now: number): ScriptedFrame | undefined {
    if (this.#index === this.#script.frames.length) {
      this.#index = 0;
      this.#scriptStart += this.#script.duration;
    }
    const frame = this.#script.frames[this.#index];
    return frame && this.#scriptStart + frame.time <= now ? frame : undefined;
  }

  #send({ payloads, key }: ScriptedFrame, capturedAt: number): void {
    if (key) this.#waitsForKey = false;
    if (this.#muted || this.#waitsForKey) return;
    const { ssrc, payloadType, loss = 0, reorder = 0 } = this.#options;
    for (const [index, payload] of payloads.entries()) {
      const sequenceNumber = this.#sequence & 0xffff;
      this.#sequence += 1;
      const marker = index === payloads.length - 1;
      const bytes = serializeRtp({
        ...{ payloadType, ssrc, sequenceNumber, marker, payload },
        timestamp: this.#timestamp(capturedAt),
      });
      if (this.#random() < loss) this.#lost += 1;
      else if (this.#late.length === 0 && this.#random() < reorder) this.#holdBack(bytes);
      else this.#out(bytes);
    }
  }

  #holdBack(bytes: Buffer): void {
    this.#late.push(bytes);
    this.#lateFor = 2;
  }

  #out(bytes: Buffer): void {
    this.#socket.send(bytes, this.#options.port, '127.0.0.1');
    this.#lateFor -= 1;
    if (this.#lateFor > 0) return;
    for (const late of this.#late) this.#socket.send(late, this.#options.port, '127.0.0.1');
    this.#late = [];
  }

  #report(now: number): void {
    const { reportEvery = 500, onReport } = this.#options;
    if (reportEvery === 0 || now < this.#nextReport) return;
    this.#nextReport = now + reportEvery;
    onReport?.({ instant: now, timestamp: this.#timestamp(now), age: 0 });
  }

  /** Begins near the end of the 32 bits. */
  #timestamp(time: number): number {
    const ticks = Math.round(((time - this.#options.startAt) * this.#script.clockRate) / 1000);
    return (ticks + 0xffff_0000) >>> 0;
  }
}
