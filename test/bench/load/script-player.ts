import { RtpHeader, RtpPacket } from 'werift';
import type { Script } from '../../rtp-sender.ts';

/** Plays a script of frames as RTP packets, over and over. Has no timer, so that one can drive many of them. */
export class ScriptPlayer {
  readonly #script: Script;
  readonly #send: (packet: RtpPacket) => void;
  /** When the present round began, in ms. */
  #begin: number;
  readonly #origin: number;
  #index = 0;
  #sequence = 0;

  /** @param begin when the first frame is due, in ms */
  constructor(script: Script, begin: number, send: (packet: RtpPacket) => void) {
    this.#script = script;
    this.#begin = begin;
    this.#origin = begin;
    this.#send = send;
  }

  /** Sends what is due. @param now in ms */
  advance(now: number): void {
    for (;;) {
      const frame = this.#script.frames[this.#index];
      if (!frame) {
        this.#begin += this.#script.duration;
        this.#index = 0;
        continue;
      }
      const time = this.#begin + frame.time;
      if (time > now) return;
      this.#sendFrame(frame.payloads, time);
      this.#index += 1;
    }
  }

  #sendFrame(payloads: readonly Buffer[], time: number): void {
    const timestamp = Math.round(((time - this.#origin) * this.#script.clockRate) / 1000) >>> 0;
    for (const [index, payload] of payloads.entries()) {
      const sequenceNumber = this.#sequence++ & 0xffff;
      const marker = index === payloads.length - 1;
      this.#send(new RtpPacket(new RtpHeader({ marker, sequenceNumber, timestamp }), payload));
    }
  }
}
