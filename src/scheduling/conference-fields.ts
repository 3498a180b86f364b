import type { Given } from './conference.ts';
import { parseDate } from './dates.ts';
import { SchedulingError } from './scheduling-error.ts';

/** UTF-8 of a name, in bytes: what the original's column has. */
const maxName = 65_535;
/** A year, in minutes. */
const maxDuration = 525_600;

/** What was given of these; the others are undefined. @throws SchedulingError invalid */
export function readFields(
  { name, duration, start }: Readonly<Record<'name' | 'duration' | 'start', Given>>,
  zone: string,
) {
  return {
    name: name === undefined ? undefined : readName(name),
    duration: duration === undefined ? undefined : readDuration(duration),
    start: start === undefined || start === '' ? undefined : readStart(start, zone),
  };
}

function readName(text: string): string {
  // PostgreSQL has no NUL in texts.
  if (Buffer.byteLength(text) > maxName || text.includes('\0')) throw new SchedulingError('invalid');
  return text.toWellFormed();
}

function readDuration(text: string): number {
  const minutes = Number(text);
  if (!/^\d{1,10}$/.test(text) || minutes < 1 || minutes > maxDuration) throw new SchedulingError('invalid');
  return minutes;
}

function readStart(text: string, zone: string): number {
  const start = parseDate(text, zone);
  if (start === undefined) throw new SchedulingError('invalid');
  return start;
}
