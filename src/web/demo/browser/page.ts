import { Broadcast } from './broadcast.ts';
import { Controls } from './controls.ts';
import { find } from './from-template.ts';
import { Grid } from './grid.ts';
import { JoinError } from './invitation.ts';
import { LocalMedia } from './local-media.ts';
import { notice } from './notice.ts';
import { NotificationList } from './notification-list.ts';
import { RestCommands } from './rest-commands.ts';
import { Visit } from './visit.ts';

const fish = ['Anchovy', 'Bream', 'Char', 'Dace', 'Grayling', 'Herring', 'Minnow', 'Perch', 'Roach', 'Smelt', 'Tench'];

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
  chooseLayer: (trackId, layer) => visit?.setLayer(trackId, layer),
});
const controls = new Controls({
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
    visit = await Visit.begin({ name, codec: fields.codec.value, media, grid, onEnd: (why) => leave(why) });
    form.hidden = true;
    controls.open(media);
    notice(media.complaint, 'hint');
  } catch (error) {
    media.close();
    notice(error instanceof JoinError ? error.message : `Joining failed: ${String(error)}`);
  }
  setBusy(false);
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
