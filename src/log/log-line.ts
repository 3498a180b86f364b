import { isSecretField, redactText, redactValue } from './redaction.ts';
import { redacted } from './url-secrets.ts';

/** One record as pino hands it over. */
export interface LogRecord {
  readonly time: number;
  readonly level: number;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** `{"time","severity","message","metadata"}` in one line (docs/contracts/fishjam-config.md 2.1, `FJ_STRUCTURED_LOGGING`). */
export function structuredLine(record: LogRecord): string {
  const { time, severity, message, metadata } = readRecord(record);
  return `${JSON.stringify({ time, severity, message, metadata })}\n`;
}

/** `17:32:32.448 room_id=… [info] …`, UTC. The stack of an error follows on lines of its own, indented by four spaces. */
export function plainLine(record: LogRecord): string {
  const { time, severity, message, metadata } = readRecord(record);
  const { stack, fields } = splitStack(metadata);
  const written = Object.entries(fields).map(([name, value]) => `${name}=${plainValue(value)} `);
  const head = `${time.slice(11, 23)} ${written.join('')}[${severity}] ${oneLine(message)}\n`;
  return stack === undefined ? head : `${head}${stack.replace(/^/gm, '    ')}\n`;
}

interface ReadRecord {
  readonly time: string;
  readonly severity: string;
  readonly message: string;
  readonly metadata: Record<string, unknown>;
}

function readRecord({ time, level, msg, ...fields }: LogRecord): ReadRecord {
  const metadata: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    metadata[snakeCase(name)] = isSecretField(name) ? redacted : redactValue(value);
  }
  return {
    time: new Date(time).toISOString(),
    severity: severityOf(level),
    message: redactText(msg ?? ''),
    metadata,
  };
}

function severityOf(level: number): string {
  if (level >= 50) return 'error';
  if (level >= 40) return 'warning';
  return level >= 30 ? 'info' : 'debug';
}

/** `roomId` in code is `room_id` in the log. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** In plain text the field `err` is the error's message; its stack is written separately. */
function splitStack(metadata: Record<string, unknown>): { stack?: string; fields: Record<string, unknown> } {
  const error = metadata.err;
  if (typeof error !== 'object' || error === null) return { fields: metadata };
  const { message, stack } = error as { message?: unknown; stack?: unknown };
  const fields = { ...metadata, err: message };
  return typeof stack === 'string' ? { stack, fields } : { fields };
}

function plainValue(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value);
}

/** Escapes line breaks, so that a message cannot forge a second line. */
function oneLine(message: string): string {
  return message.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}
