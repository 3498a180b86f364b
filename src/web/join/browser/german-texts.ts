import { germanCall } from '../../call/browser/call-texts.ts';
import { dayAndTime, type JoinTexts, periodOf } from './join-texts.ts';

const wann = dayAndTime('de-DE');

export const germanTexts: JoinTexts = {
  ...germanCall,
  conference: 'Konferenz',
  cameraAndMicrophone: 'Kamera und Mikrofon',
  preview: 'Ihre Kamera',
  cameraOff: 'Die Kamera ist aus',
  level: 'Mikrofonpegel',
  checkAgain: 'Noch einmal prüfen',
  devices: 'Kamera und Mikrofon auswählen',
  camera: 'Kamera',
  microphone: 'Mikrofon',
  unnamedDevice: 'Gerät',
  joinNevertheless: 'Sie können trotzdem teilnehmen: Sie sehen und hören die anderen.',
  deviceFailed: 'Dieses Gerät lässt sich nicht benutzen. Vielleicht benutzt es ein anderes Programm.',
  lobbyTitle: 'An der Konferenz teilnehmen',
  conferenceNumber: 'Konferenznummer',
  yourName: 'Ihr Name',
  yourEmail: 'Ihre E-Mail-Adresse',
  emailHint: 'Die Adresse, an die die Einladung ging.',
  join: 'Teilnehmen',
  joining: 'Einen Moment …',
  alone: 'Noch ist niemand da. Andere erscheinen, sobald sie teilnehmen.',
  tryAgain: 'Noch einmal versuchen',
  rejoin: 'Wieder teilnehmen',
  back: 'Zurück',
  inApp: 'App öffnen',
  inBrowser: 'Im Browser fortfahren',
  early: (from) =>
    `Der Beitritt ist ab ${wann(from)} möglich, oder sobald die Moderation da ist. Sie können hier warten.`,
  waiting: (from) => ({
    title: 'Es hat noch nicht begonnen',
    text: `Sie kommen ab ${wann(from)} hinein, oder sobald die Moderation da ist. Lassen Sie diese Seite offen: Es geht von selbst weiter.`,
  }),
  period: periodOf('de-DE'),
  people: (count) => (count === 1 ? '1 Person' : `${count} Personen`),
  arrived: (name) => `${name} ist jetzt dabei`,
  departed: (name) => `${name} ist gegangen`,
  cards: {
    checking: { title: 'Einen Moment …', text: 'Ihre Einladung wird nachgesehen.' },
    notFound: {
      title: 'Diese Konferenz gibt es nicht',
      text: 'Vielleicht wurde sie abgesagt, oder der Link ist unvollständig. Fragen Sie die Person, die Sie eingeladen hat.',
    },
    notInvited: {
      title: 'Sie sind nicht eingeladen',
      text: 'Diese E-Mail-Adresse ist nicht in der Teilnehmendenliste. Bitten Sie die Moderation um eine Einladung.',
    },
    linkRequired: {
      title: 'Benutzen Sie Ihren persönlichen Link',
      text: 'In diese Konferenz führt nur der persönliche Link aus Ihrer Einladung. Öffnen Sie ihn vollständig, wie er in der E-Mail steht.',
    },
    ended: { title: 'Die Konferenz ist vorbei', text: 'Ihre Zeit ist um, und niemand ist mehr dabei.' },
    full: { title: 'Die Konferenz ist voll', text: 'Versuchen Sie es noch einmal, wenn jemand gegangen ist.' },
    elsewhere: {
      title: 'Einen Moment …',
      text: 'Die Konferenz ist auf einem anderen Server. Sie werden dorthin geleitet.',
    },
    tooManyRequests: { title: 'Zu viele Versuche', text: 'Warten Sie eine Minute, dann versuchen Sie es noch einmal.' },
    serverAway: {
      title: 'Der Server antwortet nicht',
      text: 'Diese Seite versucht es weiter. Es geht von selbst weiter, sobald er antwortet.',
    },
    failed: { title: 'Der Beitritt ist nicht gelungen', text: 'Es kam keine Verbindung zum Server zustande.' },
    left: { title: 'Sie haben die Konferenz verlassen', text: 'Solange sie dauert, können Sie wieder teilnehmen.' },
    removed: {
      title: 'Sie sind nicht mehr in der Konferenz',
      text: 'Sie sind in einem anderen Fenster beigetreten oder wurden entfernt.',
    },
    closed: { title: 'Die Konferenz wurde beendet', text: 'Sie wurde für alle geschlossen.' },
    unreachable: {
      title: 'Die Verbindung ist abgerissen',
      text: 'Der Server antwortet nicht mehr. Prüfen Sie Ihr Netz, dann nehmen Sie wieder teil.',
    },
    openApp: {
      title: 'In der App teilnehmen',
      text: 'Öffnen Sie die Konferenz in der App, oder fahren Sie hier im Browser fort.',
    },
  },
};
