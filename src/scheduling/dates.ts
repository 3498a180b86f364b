import { zonedTime, zoneOffset } from './local-time.ts';
import { zoneAbbreviation } from './zone-abbreviations.ts';

const time = String.raw`(\d\d):(\d\d)`;
/** Groups: year, month, day, hour, minute, second, offset. Fractions of a second are read, and dropped. */
const isoForm = new RegExp(
  String.raw`^(\d{4})-(\d\d)-(\d\d)(?:[T ]${time}(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$`,
);
/** Groups: day, month, year, hour, minute. */
const germanForm = new RegExp(String.raw`^(\d\d)\.(\d\d)\.(\d{4}) ${time}$`);
const unixForm = /^@(-?\d{1,15})$/;
const maxLength = 64;

/** Years from 1 to 9999. */
const firstTime = Date.UTC(2000, 0, 1) - 730_119 * 86_400_000;
const lastTime = Date.UTC(9999, 11, 31, 23, 59, 59);

/**
 * Reads a date: docs/contracts/jitsi-admin.md 4.
 * @param zone of dates without an offset, a name of the tz database
 * @returns whole seconds, in ms since the Unix epoch; undefined when it has no form that is read, or is no date
 */
export function parseDate(text: string, zone: string): number | undefined {
  if (text.length > maxLength) return undefined;
  const [, seconds] = unixForm.exec(text) ?? [];
  const found = seconds === undefined ? parseLocal(text, zone) : Number(seconds) * 1000;
  return found !== undefined && found >= firstTime && found <= lastTime ? found : undefined;
}

/** `2021-02-02CET13:00:00`: docs/contracts/jitsi-admin.md 4. @param moment ms since the Unix epoch */
export function printDate(moment: number, zone: string): string {
  const offset = zoneOffset(zone, moment);
  const [date, clock] = new Date(moment + offset).toISOString().split('T') as [string, string];
  return `${date.replace(/^\+0*/, '')}${zoneAbbreviation(zone, offset / 60_000)}${clock.slice(0, 8)}`;
}

function parseLocal(text: string, zone: string): number | undefined {
  const german = germanForm.exec(text);
  const ordered = german ? [0, 3, 2, 1, 4, 5].map((group) => german[group]) : isoForm.exec(text);
  if (!ordered) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = ordered
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const local = new Date(0);
  // Date.UTC takes the years to 99 for those of the 20th century.
  local.setUTCFullYear(year, month - 1, day);
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day) return undefined;
  const value = local.setUTCHours(hour, minute, second);
  const offset = ordered[7];
  return offset === undefined ? zonedTime(zone, value) : subtractOffset(value, offset);
}

function subtractOffset(local: number, text: string): number | undefined {
  if (text === 'Z') return local;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(3).replace(':', ''))];
  if (hours > 23 || minutes > 59) return undefined;
  return local - (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
