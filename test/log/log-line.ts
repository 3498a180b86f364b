/** A line of the log, parsed. */
export interface LogLine {
  readonly severity: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}
