import { type Logger, pino } from 'pino';
import type { LogConfig } from '../config/config.ts';
import { type LogRecord, plainLine, structuredLine } from './log-line.ts';

export type { Logger } from 'pino';

/** Where finished lines go; each has its line feed. */
export interface LogDestination {
  write(line: string): unknown;
}

/**
 * The server's logger. Code writes `logger.info({ roomId, peerId }, 'Fixed sentence')`; `logger.child({ roomId })` adds a field to
 * every line. Secrets are taken out here, whatever is handed over.
 * @param destination standard output unless given; written synchronously, so that the last words of a crash are not lost
 */
export function createLogger(
  config: LogConfig,
  destination: LogDestination = pino.destination({ dest: 1, sync: true }),
): Logger {
  const format = config.structured ? structuredLine : plainLine;
  const level = config.level === 'warning' ? 'warn' : config.level;
  return pino({ level, base: null }, { write: (json) => destination.write(format(JSON.parse(json) as LogRecord)) });
}
