/** Number of characters between the brackets. */
const width = 40;

/** Shows progress: a bar on a terminal, a line for every tenth elsewhere. */
export class ProgressBar {
  readonly #output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  #shown = -1;

  constructor(output: NodeJS.WritableStream & { readonly isTTY?: boolean }) {
    this.#output = output;
  }

  /** Shows the progress. @param share from 0 to 1 */
  update(share: number): void {
    const percent = Math.floor(Math.min(Math.max(share, 0), 1) * 100);
    if (!this.#output.isTTY) {
      if (Math.floor(percent / 10) > Math.floor(Math.max(this.#shown, 0) / 10)) this.#output.write(`${percent} %\n`);
      this.#shown = Math.max(this.#shown, percent);
      return;
    }
    if (percent === this.#shown) return;
    this.#shown = percent;
    const full = Math.round((percent * width) / 100);
    this.#output.write(`\r[${'#'.repeat(full)}${'-'.repeat(width - full)}] ${percent} %`);
  }

  end(): void {
    this.update(1);
    if (this.#output.isTTY) this.#output.write('\n');
  }
}
