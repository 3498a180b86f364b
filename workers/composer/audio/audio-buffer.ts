/** Audio of one track on the program's timeline, waiting to be mixed. What was not written is silent. */
export class AudioBuffer {
  readonly #channels: number;
  readonly #samples: Float32Array;
  readonly #length: number;
  /** Everything before it was read. */
  #position = 0;
  /** Nothing was written at or behind it. */
  #end = 0;

  /** @param length samples per channel that may lie ahead */
  constructor(channels: number, length: number) {
    this.#channels = channels;
    this.#length = length;
    this.#samples = new Float32Array(length * channels);
  }

  /**
   * @param position of the first sample on the timeline; what lies before the part that was read, or too far ahead, is left out
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

  /** Adds the audio of the next block to what is in it already. Blocks follow each other. */
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
