export type MailLanguage = 'de' | 'en';

const locales: Readonly<Record<MailLanguage, string>> = { de: 'de-DE', en: 'en-GB' };

interface Moment {
  readonly day: string;
  readonly time: string;
  /** `GMT+2`. */
  readonly offset: string;
}

/**
 * From when to when, such as `Donnerstag, 1. Juli 2021, 13:00–13:45 (Europe/Berlin, GMT+2)`.
 * @param period milliseconds since the Unix epoch
 * @param timeZone one that this system does not know: UTC
 */
export function periodText(
  period: { readonly start: number; readonly end: number },
  timeZone: string,
  language: MailLanguage,
): string {
  const zone = knownZone(timeZone);
  const [start, end] = [momentIn(zone, period.start, language), momentIn(zone, period.end, language)];
  if (start.day === end.day && start.offset === end.offset)
    return `${start.day}, ${start.time}–${end.time} (${zone}, ${start.offset})`;
  return `${start.day}, ${start.time} (${start.offset}) – ${end.day}, ${end.time} (${zone}, ${end.offset})`;
}

interface Formats {
  readonly day: Intl.DateTimeFormat;
  readonly time: Intl.DateTimeFormat;
}

/** Making them takes far longer than using them. */
const formats = new Map<string, Formats>();
/** More than there are time zones. */
const maxFormats = 2000;

function momentIn(timeZone: string, time: number, language: MailLanguage): Moment {
  const format = formatsOf(timeZone, language);
  const [hour = '', offset = ''] = format.time.format(time).split(' ');
  return { day: format.day.format(time), time: hour, offset };
}

function formatsOf(timeZone: string, language: MailLanguage): Formats {
  const key = `${language} ${timeZone}`;
  const known = formats.get(key);
  if (known) return known;
  const day = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const;
  const time = { hour: '2-digit', minute: '2-digit', timeZoneName: 'shortOffset' } as const;
  const made = {
    day: new Intl.DateTimeFormat(locales[language], { timeZone, ...day }),
    time: new Intl.DateTimeFormat('en-GB', { timeZone, ...time }),
  };
  if (formats.size >= maxFormats) formats.clear();
  formats.set(key, made);
  return made;
}

/** @returns `UTC` for a zone that this system does not know */
function knownZone(name: string): string {
  try {
    formatsOf(name, 'en');
    return name;
  } catch {
    return 'UTC';
  }
}
