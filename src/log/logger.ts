import { type Logger, pino } from 'pino';
import type { LogConfig } from '../config/log.ts';
import { type LogRecord, plainLine, structuredLine } from './log-line.ts';

export type { Logger } from 'pino';

/** Receives finished lines, each with its line feed. */
export interface LogDestination {
  write(line: string): unknown;
}

/**
 * The server's logger. Code writes `logger.info({ roomId, peerId }, 'Fixed sentence')`; `logger.child({ roomId })` adds a field to
 * every line. Secrets are redacted here, in messages and in fields.
 * @param destination standard output by default, written synchronously so that the last lines before a crash are not lost
 */
export function createLogger(
  config: LogConfig,
  destination: LogDestination = pino.destination({ dest: 1, sync: true }),
): Logger {
  const format = config.structured ? structuredLine : plainLine;
  const level = config.level === 'warning' ? 'warn' : config.level;
  return pino({ level, base: null }, { write: (json) => destination.write(format(JSON.parse(json) as LogRecord)) });
}
