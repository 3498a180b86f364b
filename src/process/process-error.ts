/** A child process could not be started, or ended by itself. The message says which, how, and its last words. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
  /** Name of the process, as in the log. */
  readonly process: string;
  /** The program is not installed. */
  readonly notFound: boolean;
  /** What it wrote last, oldest first. */
  readonly lastLines: readonly string[];

  constructor(process: string, what: string, lastLines: readonly string[] = [], notFound = false) {
    const words = lastLines.length > 0 ? `. Its last words: ${lastLines.slice(-5).join(' | ')}` : '';
    super(`${process} ${what}${words}`);
    this.process = process;
    this.lastLines = lastLines;
    this.notFound = notFound;
  }
}
