/** One line of the table that `npm run bench` prints. */
export interface Row {
  /** What was measured: `CPU per packet, remapped / plain`. */
  readonly what: string;
  /** The ratio, where the measurement compares two things of one run. Ratios survive a change of machine. */
  readonly ratio?: number;
  /** The absolute figure with its unit, for this machine: `9.1 µs`. */
  readonly figure?: string;
  /** What one has to know to read it: the load, what is aimed at, why it is missing. */
  readonly note?: string;
}

/** What every file of a measurement in this folder exports. */
export interface Benchmark {
  /** A short noun phrase, for the progress line. */
  readonly title: string;
  /** Measures once. What it starts, it stops, also when it fails. */
  readonly run: () => Promise<Row[]>;
}
