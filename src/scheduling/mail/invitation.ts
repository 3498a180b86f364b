import { type Announcement, isCancellation } from '../announcement.ts';
import { type MailLanguage, periodText } from './period.ts';

/** What a person reads. */
export interface InvitationText {
  /** One line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

interface Wording {
  readonly subject: string;
  /** The first sentence. */
  readonly de: string;
  readonly en: string;
}

const invited: Wording = {
  subject: 'Einladung / Invitation',
  de: 'Sie sind zu einer Konferenz eingeladen.',
  en: 'You are invited to a conference.',
};

const wordings: Readonly<Record<Announcement['type'], Wording>> = {
  'room.created': invited,
  'participant.added': invited,
  'room.updated': {
    subject: 'Änderung / Update',
    de: 'Eine Konferenz wurde geändert.',
    en: 'A conference has changed.',
  },
  'room.deleted': {
    subject: 'Absage / Cancellation',
    de: 'Eine Konferenz wurde abgesagt.',
    en: 'A conference was cancelled.',
  },
  'participant.removed': {
    subject: 'Ausladung / Removal',
    de: 'Sie wurden aus der Teilnehmendenliste einer Konferenz entfernt.',
    en: 'You were removed from the participants of a conference.',
  },
};

const labels = {
  de: {
    name: 'Konferenz',
    period: 'Zeit',
    moderator: 'Organisiert von',
    number: 'Konferenznummer',
    link: 'Teilnehmen',
  },
  en: { name: 'Conference', period: 'Time', moderator: 'Organised by', number: 'Conference number', link: 'Join' },
} as const;

/** What is known of the conference: a line each. */
interface Fact {
  readonly label: string;
  readonly value: string;
  readonly isLink?: true;
}

/** German, which is the language of Jitsi-Admin, then English: a mail does not know the language of its reader. */
export function invitationOf(announcement: Announcement): InvitationText {
  const wording = wordings[announcement.type];
  const german = { language: 'de', sentence: wording.de, facts: factsOf(announcement, 'de') } as const;
  const english = { language: 'en', sentence: wording.en, facts: factsOf(announcement, 'en') } as const;
  const subject = `${wording.subject}: ${announcement.name || announcement.number}`;
  return {
    subject,
    text: `${[german, english].map(sectionText).join('\n\n--------\n\n')}\n`,
    html: page(subject, [german, english].map(sectionHtml).join('\n<hr>\n')),
  };
}

interface Section {
  readonly language: MailLanguage;
  readonly sentence: string;
  readonly facts: readonly Fact[];
}

function factsOf(announcement: Announcement, language: MailLanguage): Fact[] {
  const { name, number, moderator, joinUrl, timeZone } = announcement;
  const words = labels[language];
  return [
    ...(name ? [{ label: words.name, value: name }] : []),
    { label: words.period, value: periodText(announcement, timeZone, language) },
    { label: words.moderator, value: moderator.name ? `${moderator.name} (${moderator.address})` : moderator.address },
    { label: words.number, value: number },
    ...(isCancellation(announcement) ? [] : [{ label: words.link, value: joinUrl, isLink: true } as const]),
  ];
}

function sectionText({ sentence, facts }: Section): string {
  return `${sentence}\n\n${facts.map(({ label, value }) => `${label}: ${value}`).join('\n')}`;
}

function sectionHtml({ language, sentence, facts }: Section): string {
  const rows = facts.map(({ label, value, isLink }) => {
    const written = isLink ? `<a href="${escapeHtml(value)}">${escapeHtml(value)}</a>` : escapeHtml(value);
    return `<tr><th align="left" valign="top">${label}</th><td><bdi>${written}</bdi></td></tr>`;
  });
  return `<div lang="${language}">\n<p>${sentence}</p>\n<table>\n${rows.join('\n')}\n</table>\n</div>`;
}

function page(title: string, body: string): string {
  const head = `<head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>`;
  return `<!doctype html>\n<html lang="de">\n${head}\n<body>\n${body}\n</body>\n</html>\n`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
