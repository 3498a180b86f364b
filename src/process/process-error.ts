/** A child process could not be started or failed. The message has its name, how it ended, and its last lines. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
  /** Name of the process, as in the log. */
  readonly process: string;
  /** Whether the program is not installed. */
  readonly notFound: boolean;
  /** Its last lines, oldest first. */
  readonly lastLines: readonly string[];

  constructor(process: string, what: string, lastLines: readonly string[] = [], notFound = false) {
    const words = lastLines.length > 0 ? `. Its last lines: ${lastLines.slice(-5).join(' | ')}` : '';
    super(`${process} ${what}${words}`);
    this.process = process;
    this.lastLines = lastLines;
    this.notFound = notFound;
  }
}
