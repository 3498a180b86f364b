import t from 'tap';
import { periodText } from '../../../src/scheduling/mail/period.ts';

const minute = 60_000;
/** 13:00 in Berlin. */
const start = Date.UTC(2021, 6, 1, 11);

t.test('times are those of a zone, which is named', async (t) => {
  const period = { start, end: start + 45 * minute };
  const rows = [
    ['Europe/Berlin', 'de', 'Donnerstag, 1. Juli 2021, 13:00–13:45 (Europe/Berlin, GMT+2)'],
    ['Europe/Berlin', 'en', 'Thursday, 1 July 2021, 13:00–13:45 (Europe/Berlin, GMT+2)'],
    ['Asia/Kolkata', 'en', 'Thursday, 1 July 2021, 16:30–17:15 (Asia/Kolkata, GMT+5:30)'],
    ['No/Such', 'en', 'Thursday, 1 July 2021, 11:00–11:45 (UTC, GMT+0)'],
    ['', 'en', 'Thursday, 1 July 2021, 11:00–11:45 (UTC, GMT+0)'],
  ] as const;
  for (const [zone, language, text] of rows) t.equal(periodText(period, zone, language), text);
});

t.test('a conference that ends on another day, or at another offset, says so', async (t) => {
  const night = { start: Date.UTC(2021, 6, 1, 21), end: Date.UTC(2021, 6, 1, 23) };
  t.equal(
    periodText(night, 'Europe/Berlin', 'en'),
    'Thursday, 1 July 2021, 23:00 (GMT+2) – Friday, 2 July 2021, 01:00 (Europe/Berlin, GMT+2)',
  );
  const change = { start: Date.UTC(2021, 9, 31, 0, 30), end: Date.UTC(2021, 9, 31, 1, 30) };
  t.equal(
    periodText(change, 'Europe/Berlin', 'de'),
    'Sonntag, 31. Oktober 2021, 02:30 (GMT+2) – Sonntag, 31. Oktober 2021, 02:30 (Europe/Berlin, GMT+1)',
  );
});
