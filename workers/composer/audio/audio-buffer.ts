/** Audio of one track on the program's timeline, before it is mixed. Gaps are silent. */
export class AudioBuffer {
  readonly #channels: number;
  readonly #samples: Float32Array;
  readonly #length: number;
  /** Position up to which audio has been read. */
  #position = 0;
  /** Position up to which audio has been written. */
  #end = 0;

  /** @param length maximum samples per channel ahead of the read position */
  constructor(channels: number, length: number) {
    this.#channels = channels;
    this.#length = length;
    this.#samples = new Float32Array(length * channels);
  }

  /**
   * Writes audio. Samples before the read position or too far ahead are dropped.
   * @param position of the first sample on the timeline
   * @param audio interleaved, 16 bit
   */
  write(position: number, audio: Int16Array): void {
    const length = audio.length / this.#channels;
    const from = Math.max(position, this.#position);
    const to = Math.min(position + length, this.#position + this.#length);
    for (let at = from; at < to; at += 1) {
      const target = (at % this.#length) * this.#channels;
      const source = (at - position) * this.#channels;
      for (let channel = 0; channel < this.#channels; channel += 1) {
        this.#samples[target + channel] = (audio[source + channel] ?? 0) / 32_768;
      }
    }
    this.#end = Math.max(this.#end, to);
  }

  /** Reads the next block and adds it to `mix`. Blocks are contiguous. */
  mixInto(position: number, block: Float32Array): void {
    const length = block.length / this.#channels;
    const to = Math.min(position + length, this.#end);
    for (let at = Math.max(position, this.#position); at < to; at += 1) {
      const source = (at % this.#length) * this.#channels;
      const target = (at - position) * this.#channels;
      for (let channel = 0; channel < this.#channels; channel += 1) {
        block[target + channel] = (block[target + channel] ?? 0) + (this.#samples[source + channel] ?? 0);
        this.#samples[source + channel] = 0;
      }
    }
    this.#position = position + length;
  }
}
