const day = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Offset of a zone from UTC at a moment, in ms, positive to the east. @param zone name of the tz database */
export function zoneOffset(zone: string, time: number): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const [, sign, hours = 0, minutes = 0, seconds = 0] =
    /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(time)) ?? [];
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -size : size;
}

/**
 * The moment of a local time. One that the clocks jump over is as much later; of two that they show twice it is the first.
 * @param local the local time as if it were UTC, in ms since the Unix epoch
 */
export function zonedTime(zone: string, local: number): number {
  const earlier = zoneOffset(zone, local - day);
  const later = zoneOffset(zone, local + day);
  const [first, second] = [local - earlier, local - later];
  return zoneOffset(zone, first) !== earlier && zoneOffset(zone, second) === later ? second : first;
}
