import type { Device, MediaProblem } from './local-media.ts';

/** What the parts of a call say, in one language. */
export interface CallTexts {
  readonly you: string;
  readonly speaking: string;
  readonly microphoneMuted: string;
  readonly moderator: string;
  readonly low: string;
  readonly medium: string;
  readonly high: string;
  readonly toolbar: string;
  readonly leave: string;
  readonly viewer: string;
  readonly mediaBlocked: string;
  readonly connectionLost: string;
  readonly ownName: (name: string) => string;
  readonly unnamed: (id: string) => string;
  readonly screenOf: (name: string) => string;
  readonly qualityOf: (name: string) => string;
  /** @param reason of the server, may be empty */
  readonly connectionClosed: (reason: string) => string;
  /** Labels of the buttons: what they do when it is off, and when it is on. */
  readonly buttons: Readonly<
    Record<Device | 'screen', { readonly off: string; readonly on: string; readonly none: string }>
  >;
  readonly notPublished: Readonly<Record<Device | 'screen', string>>;
  readonly problems: Readonly<Record<MediaProblem['missing'], Readonly<Record<MediaProblem['why'], string>>>>;
}

const insecure = 'Browsers permit camera and microphone only to pages on localhost or over HTTPS.';

export const englishCall: CallTexts = {
  you: 'You',
  speaking: 'speaking',
  microphoneMuted: 'microphone muted',
  moderator: 'Moderator',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  toolbar: 'Your microphone and camera',
  leave: 'Leave',
  viewer: 'You joined as a viewer: you see and hear the others.',
  mediaBlocked: 'No media reaches the server: a firewall may block it.',
  connectionLost: 'The connection was lost. Joining again …',
  ownName: (name) => `${name} (you)`,
  unnamed: (id) => `Peer ${id}`,
  screenOf: (name) => `${name}: screen`,
  qualityOf: (name) => `Quality of ${name}'s video`,
  connectionClosed: (reason) => `The server closed the connection${reason && `: ${reason}`}.`,
  buttons: {
    microphone: { off: 'Unmute microphone', on: 'Mute microphone', none: 'No microphone' },
    camera: { off: 'Start camera', on: 'Stop camera', none: 'No camera' },
    screen: { off: 'Share screen', on: 'Stop sharing', none: 'No screen sharing' },
  },
  notPublished: {
    microphone: 'The others do not hear you: your microphone could not be published.',
    camera: 'The others do not see you: your camera could not be published.',
    screen: 'The others do not see your screen: it could not be published.',
  },
  problems: {
    microphone: {
      insecure,
      refused: 'The browser does not permit this page to use your microphone.',
      busy: 'Another program uses your microphone.',
      absent: 'Found no microphone.',
    },
    camera: {
      insecure,
      refused: 'The browser does not permit this page to use your camera.',
      busy: 'Another program uses your camera.',
      absent: 'Found no camera.',
    },
    both: {
      insecure,
      refused: 'The browser does not permit this page to use your camera or microphone.',
      busy: 'Another program uses your camera or microphone.',
      absent: 'Found no camera or microphone.',
    },
  },
};

const unsicher = 'Browser erlauben Kamera und Mikrofon nur auf Seiten mit HTTPS oder auf localhost.';

export const germanCall: CallTexts = {
  you: 'Sie',
  speaking: 'spricht',
  microphoneMuted: 'Mikrofon aus',
  moderator: 'Moderation',
  low: 'Niedrig',
  medium: 'Mittel',
  high: 'Hoch',
  toolbar: 'Ihr Mikrofon und Ihre Kamera',
  leave: 'Verlassen',
  viewer: 'Sie sind als Zuschauer dabei: Sie sehen und hören die anderen.',
  mediaBlocked: 'Bild und Ton erreichen den Server nicht: Vielleicht hält eine Firewall sie auf.',
  connectionLost: 'Die Verbindung ist abgerissen. Sie werden wieder verbunden …',
  ownName: (name) => `${name} (Sie)`,
  unnamed: (id) => `Gast ${id}`,
  screenOf: (name) => `${name}: Bildschirm`,
  qualityOf: (name) => `Qualität des Videos von ${name}`,
  connectionClosed: (reason) => `Der Server hat die Verbindung geschlossen${reason && `: ${reason}`}.`,
  buttons: {
    microphone: { off: 'Mikrofon einschalten', on: 'Mikrofon ausschalten', none: 'Kein Mikrofon' },
    camera: { off: 'Kamera einschalten', on: 'Kamera ausschalten', none: 'Keine Kamera' },
    screen: { off: 'Bildschirm teilen', on: 'Teilen beenden', none: 'Kein Bildschirm' },
  },
  notPublished: {
    microphone: 'Die anderen hören Sie nicht: Ihr Mikrofon konnte nicht übertragen werden.',
    camera: 'Die anderen sehen Sie nicht: Ihre Kamera konnte nicht übertragen werden.',
    screen: 'Die anderen sehen Ihren Bildschirm nicht: Er konnte nicht übertragen werden.',
  },
  problems: {
    microphone: {
      insecure: unsicher,
      refused: 'Der Browser erlaubt dieser Seite nicht, Ihr Mikrofon zu benutzen.',
      busy: 'Ein anderes Programm benutzt Ihr Mikrofon.',
      absent: 'Kein Mikrofon gefunden.',
    },
    camera: {
      insecure: unsicher,
      refused: 'Der Browser erlaubt dieser Seite nicht, Ihre Kamera zu benutzen.',
      busy: 'Ein anderes Programm benutzt Ihre Kamera.',
      absent: 'Keine Kamera gefunden.',
    },
    both: {
      insecure: unsicher,
      refused: 'Der Browser erlaubt dieser Seite nicht, Kamera oder Mikrofon zu benutzen.',
      busy: 'Ein anderes Programm benutzt Ihre Kamera oder Ihr Mikrofon.',
      absent: 'Weder Kamera noch Mikrofon gefunden.',
    },
  },
};
