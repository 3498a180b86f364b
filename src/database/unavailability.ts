/** Why a database is not available. */
export const diskIsFull = 'its disk is full';
/** Message of an error, too. */
export const fileIsRemoved = 'its file was removed or replaced';
const unreachable = 'it cannot be reached';
export const locked = 'it is locked';
const late = 'it did not respond in time';
const restarting = 'it is starting or stopping';
const crowded = 'it has too many connections';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html) that the statement is not to blame for. */
const sqliteReasons: Readonly<Record<number, string>> = {
  5: locked,
  8: 'it cannot be written',
  10: 'its disk does not work',
  11: 'its file is damaged',
  13: diskIsFull,
  14: 'its file cannot be opened',
  15: locked,
  26: 'its file is damaged',
};

/** SQLSTATE codes of PostgreSQL, or their class (PostgreSQL 15, appendix A). */
const postgresReasons: Readonly<Record<string, string>> = {
  '08': unreachable,
  '25006': 'it cannot be written',
  '28': 'it refuses the user',
  '3D000': 'it does not exist',
  '53': 'it lacks resources',
  '53100': diskIsFull,
  '53300': crowded,
  '55P03': locked,
  '57014': late,
  '57P01': restarting,
  '57P02': restarting,
  '57P03': restarting,
  '57P04': 'it does not exist',
  '57P05': late,
  '58': 'its disk does not work',
};

/** Errors of the client of PostgreSQL and of ours, which have no code. */
const clientReasons: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`^${fileIsRemoved}$`), fileIsRemoved],
  [/^timeout exceeded when trying to connect/, 'too many statements wait for it'],
  [/^Query read timeout/, late],
  [/^Connection terminated|is not queryable$|does not support SSL/, unreachable],
];

interface CodedError {
  readonly message?: string;
  readonly code?: unknown;
  readonly errcode?: number;
  readonly severity?: string;
  readonly syscall?: string;
}

/** Why a statement failed, when the statement is not to blame: the database is away, its disk is full, or it is locked. */
export function unavailability(error: unknown): string | undefined {
  const { message = '', code, errcode, severity, syscall } = (error ?? {}) as CodedError;
  if (code === 'ERR_SQLITE_ERROR') return sqliteReasons[primaryCode(errcode)];
  if (typeof code !== 'string') return clientReasons.find(([form]) => form.test(message))?.[1];
  if (severity !== undefined) return postgresReasons[code] ?? postgresReasons[code.slice(0, 2)];
  // Errors of sockets and of names; several addresses that were tried give an error without a call.
  return syscall !== undefined || error instanceof AggregateError || code === 'EPIPE' ? unreachable : undefined;
}

/** Whether another process writes to the file of SQLite at this moment. */
export function isLocked(error: unknown): boolean {
  const { code, errcode } = error as CodedError;
  return code === 'ERR_SQLITE_ERROR' && sqliteReasons[primaryCode(errcode)] === locked;
}

/** Whether PostgreSQL wants a transaction to be run again. */
export function isConflict(error: unknown): boolean {
  const { code } = (error ?? {}) as CodedError;
  return code === '40001' || code === '40P01';
}

/** Whether PostgreSQL refused a second row of the same key. */
export function isDuplicate(error: unknown): boolean {
  return ((error ?? {}) as CodedError).code === '23505';
}

/** The upper bits say more. */
const primaryCode = (errcode = 0) => errcode & 0xff;
