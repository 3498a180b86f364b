import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Number of output lines that are kept to explain a failure. */
const TAIL_LINES = 200;

/** A program that could not be started or ended with another exit code than 0; the message has the end of its output. */
export class CommandError extends Error {
  /**
   * @param {string} commandLine
   * @param {string} outcome
   * @param {string[]} tail
   */
  constructor(commandLine, outcome, tail) {
    super([`\`${commandLine}\` ${outcome}`, ...tail].join('\n'));
    this.name = 'CommandError';
  }
}

/**
 * Runs a program without a shell and waits for its end. Standard output and standard error are read line by line.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: string, onLine?: (line: string) => void }} [options]
 *   `input` is written to its standard input; `onLine` is called for every line of output.
 * @returns {Promise<string[]>} the last lines of its output
 * @throws {CommandError}
 */
export async function runCommand(program, args, { cwd, env, input, onLine } = {}) {
  const commandLine = [program, ...args].join(' ');
  /** @type {string[]} */
  const tail = [];
  const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      onLine?.(line);
    });
  }
  // A program that does not read its input may end before it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new CommandError(commandLine, `could not be started: ${error.message}`, tail)),
    );
    child.once('close', (code, signal) => {
      if (code === 0) resolve(tail);
      else reject(new CommandError(commandLine, `ended with ${signal ?? `exit code ${code}`}:`, tail));
    });
  });
}
