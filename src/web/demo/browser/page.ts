import { englishCall as texts } from '../../call/browser/call-texts.ts';
import { Controls } from '../../call/browser/controls.ts';
import { find } from '../../call/browser/from-template.ts';
import { Grid } from '../../call/browser/grid.ts';
import { JoinError } from '../../call/browser/invitation.ts';
import { LocalMedia, type MediaProblem } from '../../call/browser/local-media.ts';
import { translate } from '../../call/browser/translate.ts';
import { Visit, type VisitEnd } from '../../call/browser/visit.ts';
import { Broadcast } from './broadcast.ts';
import { Figures } from './figures.ts';
import { askToJoin } from './invitation.ts';
import { notice } from './notice.ts';
import { NotificationList } from './notification-list.ts';
import { RestCommands } from './rest-commands.ts';

const fish = ['Anchovy', 'Bream', 'Char', 'Dace', 'Grayling', 'Herring', 'Minnow', 'Perch', 'Roach', 'Smelt', 'Tench'];

/** Milliseconds before each attempt to join again after the connection was lost. */
const retryDelays = [500, 1000, 2000, 4000, 8000];

translate(texts);
const form = find<HTMLFormElement>('#join');
const fields = form.elements as unknown as {
  readonly name: HTMLInputElement;
  readonly codec: HTMLSelectElement;
  readonly muted: HTMLInputElement;
};
const names = new Map<string, string>();
const notifications = new NotificationList(names);
const commands = new RestCommands();
const broadcast = new Broadcast();
const grid = new Grid({
  element: find('#tiles'),
  names,
  texts,
  layersBy: 'user',
  chooseLayer: (trackId, layer) => visit?.setLayer(trackId, layer),
});
const controls = new Controls({
  texts,
  onSwitch: (device, active) => visit?.setActive(device, active),
  onLeave: () => leave(),
});
let visit: Visit | undefined;

function chooseRoom(): Promise<void> {
  const codec = fields.codec.value;
  const roomId = codec === '' ? 'demo' : `demo-${codec}`;
  find('#room').textContent = roomId;
  commands.show(roomId, codec);
  broadcast.show(roomId);
  return notifications.watch(roomId);
}

async function join(): Promise<void> {
  setBusy(true);
  notice('');
  const media = await LocalMedia.open();
  if (fields.muted.checked) media.setActive('microphone', false);
  try {
    await watching;
    const name = fields.name.value.trim();
    const codec = fields.codec.value;
    visit = await Visit.begin({
      ...{ media, grid, texts, retryDelays, notice },
      invite: () => askToJoin(codec, name),
      onEnter: (call, own) => {
        document.querySelector('.invitation a')?.setAttribute('href', codec === '' ? '/demo' : `/demo?codec=${codec}`);
        const figures = new Figures(call, grid, own);
        return () => figures.close();
      },
      onEnd: (end) => leave(explain(end)),
    });
    form.hidden = true;
    controls.open(media);
    notice(complaint(media.problem), 'hint');
  } catch (error) {
    media.close();
    notice(error instanceof JoinError ? error.message : `Joining failed: ${String(error)}`);
  }
  setBusy(false);
}

function complaint(problem: MediaProblem | undefined): string {
  if (!problem) return '';
  const text = texts.problems[problem.missing][problem.why];
  return problem.missing === 'both' ? `${text} ${texts.viewer}` : text;
}

function explain(end: VisitEnd): string {
  if (end.cause === 'removed') return `The backend ended your visit: ${end.reason.toLowerCase()}.`;
  return 'The connection was lost, and the server does not respond.';
}

function leave(why = ''): void {
  visit?.close();
  visit = undefined;
  controls.close();
  form.hidden = false;
  notice(why);
  find('button', form).focus();
}

function setBusy(busy: boolean): void {
  const button = find<HTMLButtonElement>('button', form);
  button.disabled = busy;
  button.textContent = busy ? 'Joining …' : 'Join';
}

fields.name.value = fish[Math.floor(Math.random() * fish.length)] ?? '';
const wanted = new URLSearchParams(location.search).get('codec') ?? '';
if ([...fields.codec.options].some(({ value }) => value === wanted)) fields.codec.value = wanted;
let watching = chooseRoom();
fields.codec.addEventListener('change', () => {
  watching = chooseRoom();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void join();
});
// Without this the others would see the peer until the server notices.
addEventListener('pagehide', () => leave());
