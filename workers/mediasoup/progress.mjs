/** Reports every tenth of a long step. */
export class Progress {
  #log;
  #reported = 0;

  /** @param {(line: string) => void} log */
  constructor(log) {
    this.#log = log;
  }

  /**
   * @param {number} done
   * @param {number} total
   */
  update(done, total) {
    const tenth = Math.floor((10 * done) / total);
    if (tenth <= this.#reported) return;
    this.#reported = tenth;
    this.#log(`  [${done}/${total}] ${tenth * 10} %`);
  }
}
