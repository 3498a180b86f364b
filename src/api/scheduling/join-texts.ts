import type { AdmissionRefusal } from '../../scheduling/admission.ts';
import { zoneOffset } from '../../scheduling/local-time.ts';
import { acceptedLanguage, type Language } from '../accepted-language.ts';
import type { JoinRefusalReason } from './join-reply.ts';

type Texts = Readonly<Record<JoinRefusalReason, (from: string, to: string) => string>>;

/** The German ones of docs/contracts/jitsi-admin.md 5 are looked for by clients. */
const texts: Readonly<Record<Language, Texts>> = {
  de: {
    notFound: () => 'Diese Konferenz gibt es nicht',
    notInvited: () =>
      'Fehler: Ihre E-Mail-Adresse ist nicht in der Teilnehmendenliste! Bitte kontaktieren Sie den Moderator, damit dieser Sie zu der Konferenz einlädt.',
    identityRequired: () => 'Bitte geben Sie Ihre E-Mail-Adresse an, oder öffnen Sie den Link Ihrer Einladung',
    outsideWindow: (from, to) => `Der Beitritt ist nur von ${from} bis ${to} möglich`,
    full: () => 'Die Konferenz ist voll',
    tooManyRequests: () => 'Zu viele Versuche. Bitte warten Sie eine Minute',
    unavailable: () => 'Der Server ist gerade nicht erreichbar. Bitte versuchen Sie es gleich noch einmal',
  },
  en: {
    notFound: () => 'There is no such conference',
    notInvited: () =>
      'Error: your e-mail address is not in the list of participants! Please ask the moderator to invite you to the conference.',
    identityRequired: () => 'Please tell your e-mail address, or open the link of your invitation',
    outsideWindow: (from, to) => `You can join from ${from} to ${to} only`,
    full: () => 'The conference is full',
    tooManyRequests: () => 'Too many attempts. Please wait a minute',
    unavailable: () => 'The server is not available at the moment. Please try again soon',
  },
};

/** What people are told. German, unless English is asked for by name. @param zone of the dates */
export function joinText(
  refusal: AdmissionRefusal | { readonly reason: 'tooManyRequests' | 'unavailable' },
  zone: string,
  acceptLanguage: string | undefined,
): string {
  const isEnglish = /\ben\b/i.test(acceptLanguage ?? '') && acceptedLanguage(acceptLanguage) === 'en';
  const text = texts[isEnglish ? 'en' : 'de'][refusal.reason];
  return refusal.reason === 'outsideWindow' ? text(day(refusal.from, zone), day(refusal.to, zone)) : text('', '');
}

/** `dd.mm.YYYY HH:MM`. */
function day(moment: number, zone: string): string {
  const [, year, month, date, time] =
    /^\+?(\d+)-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(new Date(moment + zoneOffset(zone, moment)).toISOString()) ?? [];
  return `${date}.${month}.${year} ${time}`;
}
