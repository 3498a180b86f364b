import { sequenceDistance } from '../../media/rtp/rtp-packet.ts';

/** So many packets in a row that seem too old mean that the source counts anew. */
const maxOld = 100;

/** What a source's sequence numbers tell: which packets come too late, and how many are missing. */
export class IncomingSequence {
  #highest: number | undefined;
  #old = 0;

  /**
   * @returns how many packets are missing before this one: 0 is the usual case. Undefined: it comes too late, or twice;
   *   `restart`: the numbers have begun anew
   */
  arrive(sequenceNumber: number): number | 'restart' | undefined {
    const distance = this.#highest === undefined ? 1 : sequenceDistance(this.#highest, sequenceNumber);
    if (distance <= 0) {
      this.#old += 1;
      if (this.#old < maxOld) return undefined;
    }
    const restarted = this.#old >= maxOld;
    this.#highest = sequenceNumber;
    this.#old = 0;
    return restarted ? 'restart' : distance - 1;
  }

  restart(): void {
    this.#highest = undefined;
    this.#old = 0;
  }
}
