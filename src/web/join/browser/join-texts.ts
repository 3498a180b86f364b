import type { CallTexts } from '../../call/browser/call-texts.ts';

/** A card instead of the form or the meeting. */
export interface CardText {
  readonly title: string;
  readonly text: string;
}

/** Cards that need nothing but their words. */
export type CardName =
  | 'checking'
  | 'notFound'
  | 'notInvited'
  | 'linkRequired'
  | 'ended'
  | 'full'
  | 'elsewhere'
  | 'tooManyRequests'
  | 'serverAway'
  | 'failed'
  | 'left'
  | 'removed'
  | 'closed'
  | 'unreachable'
  | 'openApp';

/** Everything that the page says, in one language. */
export interface JoinTexts extends CallTexts {
  readonly conference: string;
  readonly cameraAndMicrophone: string;
  readonly preview: string;
  readonly cameraOff: string;
  readonly level: string;
  readonly checkAgain: string;
  readonly devices: string;
  readonly camera: string;
  readonly microphone: string;
  readonly unnamedDevice: string;
  /** After what is missing: that one may join nevertheless. */
  readonly joinNevertheless: string;
  readonly deviceFailed: string;
  readonly lobbyTitle: string;
  readonly conferenceNumber: string;
  readonly yourName: string;
  readonly yourEmail: string;
  readonly emailHint: string;
  readonly join: string;
  readonly joining: string;
  readonly alone: string;
  readonly tryAgain: string;
  readonly rejoin: string;
  readonly back: string;
  readonly inApp: string;
  readonly inBrowser: string;
  /** @param from when everybody who is invited is let in */
  readonly early: (from: Date) => string;
  readonly waiting: (from: Date) => CardText;
  readonly period: (start: Date, end: Date) => string;
  readonly people: (count: number) => string;
  readonly arrived: (name: string) => string;
  readonly departed: (name: string) => string;
  readonly cards: Readonly<Record<CardName, CardText>>;
}

/** The day with the weekday, and the time. */
export function dayAndTime(locale: string): (date: Date) => string {
  const format = new Intl.DateTimeFormat(locale, {
    ...{ weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' },
  });
  return (date) => format.format(date);
}

/** From one moment to another; the day is said once when it is the same. */
export function periodOf(locale: string): (start: Date, end: Date) => string {
  const format = new Intl.DateTimeFormat(locale, {
    ...{ weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  });
  return (start, end) => format.formatRange(start, end);
}
