import t from 'tap';
import { calendarOf } from '../../src/scheduling/calendar.ts';
import { sampleAnnouncement } from './announcement-samples.ts';
import { type ParsedComponent, SmtpServer } from './mail/smtp-server.ts';

const parser = await SmtpServer.start(t);

/** The calendar of an announcement, as a parser that is not ours reads it. */
async function read(values: Parameters<typeof sampleAnnouncement>[0] = {}) {
  const { method, text } = calendarOf(sampleAnnouncement(values));
  const { calendars, longest, bare } = await parser.parse(text);
  const [calendar] = calendars;
  const [event] = calendar?.components ?? [];
  if (!calendar || !event) throw new Error(text);
  return { method, text, calendar, event, count: calendars.length + calendar.components.length, longest, bare };
}

/** The values of an event's properties; of each that must occur once. */
function valuesOf({ properties }: ParsedComponent): Record<string, string> {
  const entries = Object.entries(properties).map(([name, values]) => {
    if (values.length !== 1) throw new Error(`${name} occurs ${values.length} times.`);
    return [name, values[0]?.value ?? ''];
  });
  return Object.fromEntries(entries);
}

t.test('an invitation is a REQUEST with what RFC 5546 3.2.2 wants', async (t) => {
  const { method, calendar, event, count } = await read();
  t.equal(count, 2, 'one calendar with one event');
  t.strictSame([calendar.name, event.name, event.errors, event.components], ['VCALENDAR', 'VEVENT', [], []]);
  const { PRODID, ...properties } = valuesOf(calendar);
  t.strictSame(properties, { VERSION: '2.0', METHOD: method });
  t.match(PRODID, /^-\/\/Shoal/);
  const { DESCRIPTION, ...values } = valuesOf(event);
  const { uid, joinUrl } = sampleAnnouncement();
  t.strictSame(values, {
    ...{ UID: uid, SEQUENCE: '1', DTSTAMP: '2021-07-01T10:00:00+00:00', STATUS: 'CONFIRMED', SUMMARY: 'Planning' },
    ...{ DTSTART: '2021-07-01T11:00:00+00:00', DTEND: '2021-07-01T11:45:00+00:00', LOCATION: joinUrl, URL: joinUrl },
    ...{ ORGANIZER: 'mailto:a@example.org', ATTENDEE: 'MAILTO:b@example.org' },
  });
  t.ok(DESCRIPTION?.includes(joinUrl));
  t.match(event.properties.ORGANIZER?.[0]?.parameters, {
    CN: 'a@example.org',
    'SENT-BY': 'mailto:no-reply@meet.example.org',
  });
  t.match(event.properties.ATTENDEE?.[0]?.parameters, { PARTSTAT: 'NEEDS-ACTION', RSVP: 'TRUE' });
});

t.test('all changes are about one event; a later one has a greater sequence', async (t) => {
  const rows = [
    ['room.created', 'REQUEST', 'CONFIRMED'],
    ['participant.added', 'REQUEST', 'CONFIRMED'],
    ['room.updated', 'REQUEST', 'CONFIRMED'],
    // RFC 5546 3.2.5: CANCELLED means that nobody meets.
    ['participant.removed', 'CANCEL', undefined],
    ['room.deleted', 'CANCEL', 'CANCELLED'],
  ] as const;
  for (const [index, [type, method, status]] of rows.entries()) {
    const { calendar, event } = await read({ type, sequence: index, serverId: index });
    const values = valuesOf(event);
    t.equal(calendar.properties.METHOD?.[0]?.value, method, type);
    t.match(values, { UID: sampleAnnouncement().uid, SEQUENCE: String(index) });
    t.equal(values.STATUS, status, type);
    t.equal('URL' in values && 'LOCATION' in values, method === 'REQUEST', type);
    t.ok(values.DTSTAMP && values.ORGANIZER && values.ATTENDEE, type);
  }
});

t.test("in the moderator's own calendar the sender is the organizer", async (t) => {
  const { event } = await read({ recipient: { name: 'Anna', address: 'A@Example.org' } });
  t.match(valuesOf(event), { ORGANIZER: 'mailto:no-reply@meet.example.org', ATTENDEE: 'MAILTO:A@Example.org' });
  const attendee = { ROLE: 'CHAIR', PARTSTAT: 'ACCEPTED', RSVP: 'FALSE', CN: 'Anna' };
  t.match(event.properties.ATTENDEE?.[0]?.parameters, attendee);
  t.notOk(event.properties.ORGANIZER?.[0]?.parameters['SENT-BY']);
});

t.test('names of strangers stay values', async (t) => {
  const names = [
    'a; b, c: d \\ "e"',
    'Besprechung über Äpfel 😀 اجتماع',
    'END:VEVENT BEGIN:VALARM',
    '😀'.repeat(200),
    '',
  ];
  for (const name of names) {
    const person = { name: `${name.slice(0, 20)}":mailto:evil@example.org`, address: 'b@example.org' };
    const { event, longest, bare } = await read({
      name,
      recipient: person,
      moderator: { ...person, address: 'a@b.c' },
    });
    t.equal(valuesOf(event).SUMMARY, name || sampleAnnouncement().number, name);
    t.match(valuesOf(event), { ATTENDEE: 'MAILTO:b@example.org', ORGANIZER: 'mailto:a@b.c' });
    t.strictSame(event.components, []);
    t.ok(longest <= 75, `${longest} bytes`);
    t.notOk(bare);
  }
});

// The parser of these tests takes an escaped backslash before an n for a line feed.
t.test('a backslash is escaped by itself', async (t) => {
  t.match(calendarOf(sampleAnnouncement({ name: 'a\\n' })).text, '\r\nSUMMARY:a\\\\n\r\n');
});
