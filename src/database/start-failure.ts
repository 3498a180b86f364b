import { ShoalError } from '../error/shoal-error.ts';
import { StartError } from '../error/start-error.ts';
import { unavailability } from './unavailability.ts';

/**
 * What to tell the operator when a database cannot be opened.
 * @param error of a statement, or of the file system
 * @returns a StartError when it is something that an operator can change, else the error itself
 */
export function databaseStartError(error: unknown, what: string): unknown {
  if (error instanceof ShoalError) return startError(what, error.cause);
  return isOperational(error as NodeJS.ErrnoException) ? startError(what, error) : error;
}

/** 42501: the user may not create tables. */
function isOperational(error: NodeJS.ErrnoException): boolean {
  return unavailability(error) !== undefined || error.syscall !== undefined || error.code === '42501';
}

function startError(what: string, cause: unknown): StartError {
  return new StartError(`Cannot use ${what}: ${textOf(cause)}.`, { cause });
}

function textOf(error: unknown): string {
  const each = error instanceof AggregateError ? error.errors : [error];
  return each.map((one: unknown) => (one instanceof Error ? one.message : String(one))).join(', ');
}
