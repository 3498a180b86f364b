import { englishCall } from '../../call/browser/call-texts.ts';
import { dayAndTime, type JoinTexts, periodOf } from './join-texts.ts';

const when = dayAndTime('en-GB');

export const englishTexts: JoinTexts = {
  ...englishCall,
  conference: 'Conference',
  cameraAndMicrophone: 'Camera and microphone',
  preview: 'Your camera',
  cameraOff: 'Camera is off',
  level: 'Microphone level',
  checkAgain: 'Check again',
  devices: 'Choose camera and microphone',
  camera: 'Camera',
  microphone: 'Microphone',
  unnamedDevice: 'Device',
  joinNevertheless: 'You can join nevertheless: you see and hear the others.',
  deviceFailed: 'This device cannot be used. Another program may be using it.',
  lobbyTitle: 'Join the conference',
  conferenceNumber: 'Conference number',
  yourName: 'Your name',
  yourEmail: 'Your e-mail address',
  emailHint: 'The address to which the invitation was sent.',
  join: 'Join',
  joining: 'Joining …',
  alone: 'Nobody else is here yet. Others appear as soon as they join.',
  tryAgain: 'Try again',
  rejoin: 'Join again',
  back: 'Back',
  inApp: 'Open the app',
  inBrowser: 'Go on in the browser',
  early: (from) => `Joining is possible from ${when(from)}, or as soon as the moderator is there. You can wait here.`,
  waiting: (from) => ({
    title: 'It has not begun yet',
    text: `You are let in at ${when(from)}, or as soon as the moderator is there. Leave this page open: it goes on by itself.`,
  }),
  period: periodOf('en-GB'),
  people: (count) => (count === 1 ? '1 person' : `${count} people`),
  arrived: (name) => `${name} joined`,
  departed: (name) => `${name} left`,
  cards: {
    checking: { title: 'One moment …', text: 'Your invitation is being looked up.' },
    notFound: {
      title: 'There is no such conference',
      text: 'It may have been cancelled, or the link is incomplete. Ask the person who invited you.',
    },
    notInvited: {
      title: 'You are not invited',
      text: 'This e-mail address is not on the list of participants. Ask the moderator to invite you.',
    },
    linkRequired: {
      title: 'Use your personal link',
      text: 'Only the personal link from your invitation leads into this conference. Open it in full, as it is in the e-mail.',
    },
    ended: { title: 'The conference is over', text: 'Its time has passed, and nobody is in it any more.' },
    full: { title: 'The conference is full', text: 'Try again when somebody has left.' },
    elsewhere: { title: 'One moment …', text: 'The conference is on another server. You are taken there.' },
    tooManyRequests: { title: 'Too many attempts', text: 'Wait a minute, then try again.' },
    serverAway: { title: 'The server does not respond', text: 'This page keeps trying, and goes on by itself.' },
    failed: { title: 'Joining did not succeed', text: 'The connection to the server could not be established.' },
    left: { title: 'You left the conference', text: 'You can join again as long as it lasts.' },
    removed: {
      title: 'You are no longer in the conference',
      text: 'You joined in another window, or were removed.',
    },
    closed: { title: 'The conference has ended', text: 'It was closed for everybody.' },
    unreachable: {
      title: 'The connection was lost',
      text: 'The server does not respond any more. Check your network, then join again.',
    },
    openApp: { title: 'Join in the app', text: 'Open the conference in the app, or go on here in the browser.' },
  },
};
