import Hls, { type ErrorData } from 'hls.js';
import { LivePlace } from './live-place.ts';
import { type Help, Playhead, type Range } from './playhead.ts';

/** Milliseconds between two attempts to open a stream that does not exist yet. */
const retryDelay = 2000;
/** Milliseconds between two updates of the figures. */
const lookInterval = 250;

const roomId = decodeURIComponent(location.pathname.replace(/\/+$/, '').split('/').at(-1) ?? '');
const source = `/hls/${encodeURIComponent(roomId)}/index.m3u8`;
const video = find<HTMLVideoElement>('video');
let hls: Hls | undefined;
let place: LivePlace | undefined;
let playhead = new Playhead();
/** Whether the viewer has stopped the video. */
let stopped = false;
/** Stalls of this stream. */
let stalls = 0;
/** Where the player was at the last look, in seconds. */
let lastTime = 0;

function find<E extends HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

function say(state: 'waiting' | 'playing' | 'stalled' | 'ended', text: string): void {
  document.body.dataset.state = state;
  find('state').textContent = text;
}

/** @returns the status of the stream; undefined when the server cannot be reached */
async function lookFor(): Promise<number | undefined> {
  const response = await fetch(source, { method: 'HEAD', cache: 'no-store' }).catch(() => undefined);
  return response?.status;
}

/** Waits until there is a stream, and plays it. */
async function wait(): Promise<void> {
  stalls = 0;
  say('waiting', 'Waiting for the stream to start …');
  for (;;) {
    if ((await lookFor()) === 200) return play();
    await new Promise((resolve) => setTimeout(resolve, retryDelay));
  }
}

function play(): void {
  if (!Hls.isSupported()) {
    // Safari on phones plays HLS without hls.js.
    video.src = source;
    return;
  }
  hls = new Hls({
    lowLatencyMode: true,
    // The content security policy of the page forbids scripts from blobs.
    enableWorker: false,
  });
  place = new LivePlace(hls);
  playhead = new Playhead();
  stopped = false;
  hls.on(Hls.Events.ERROR, (_event, data) => recover(data));
  hls.on(Hls.Events.FRAG_LOADED, (_event, { frag, part }) => {
    const { duration, stats } = part ?? frag;
    place?.loaded({ duration, ...stats.loading });
  });
  hls.loadSource(source);
  hls.attachMedia(video);
}

function recover({ fatal, type, details }: ErrorData): void {
  if (details === Hls.ErrorDetails.BUFFER_STALLED_ERROR) void stall();
  if (!fatal) return;
  document.body.dataset.fatal = details;
  if (type === Hls.ErrorTypes.MEDIA_ERROR) return hls?.recoverMediaError();
  begin();
}

/** Waits for the stream again, and plays it. */
function begin(): void {
  hls?.destroy();
  hls = undefined;
  place = undefined;
  void wait();
}

/** A browser on a busy machine may lose a seek or a start, and would show nothing for ever. */
function helpOn(help: Help): void {
  document.body.dataset.help = typeof help === 'string' ? help : 'seek';
  if (help === 'play') video.play().catch(() => undefined);
  else if (help === 'recover') hls?.recoverMediaError();
  else if (help === 'reload') begin();
  else video.currentTime = help.seek;
}

function bufferedRanges(): Range[] {
  const { buffered } = video;
  return Array.from({ length: buffered.length }, (_, index) => ({
    start: buffered.start(index),
    end: buffered.end(index),
  }));
}

/** In seconds. */
function bufferedAhead(): number {
  return Math.max(0, (bufferedRanges().at(-1)?.end ?? 0) - video.currentTime);
}

async function stall(): Promise<void> {
  const player = hls;
  const { currentTime } = video;
  // At the end of a stream it is no stall.
  if ((await lookFor()) === 404 || player !== hls) return;
  stalls += 1;
  place?.stall(performance.now());
  // It may have continued in the meantime.
  if (video.currentTime === currentTime) say('stalled', 'Stalled');
}

function keepUp(): void {
  const playing = !video.paused && video.readyState > HTMLMediaElement.HAVE_CURRENT_DATA;
  const look = { now: performance.now(), playing, time: video.currentTime, ahead: bufferedAhead() };
  const { seek, rate = video.playbackRate } = place?.look(look) ?? {};
  if (seek !== undefined) video.currentTime = seek;
  // Browsers keep the pitch.
  if (rate !== video.playbackRate) video.playbackRate = rate;
  const { currentTime: time, paused, ended } = video;
  const state = { time, paused, resting: stopped || ended, buffered: bufferedRanges() };
  const help = playhead.look(performance.now(), state);
  if (help !== undefined) helpOn(help);
  lastTime = video.currentTime;
}

function showFigures(): void {
  const { totalVideoFrames = 0, droppedVideoFrames = 0 } = video.getVideoPlaybackQuality?.() ?? {};
  const shown = hls?.playingDate?.getTime();
  const behind = shown === undefined ? undefined : Date.now() - shown;
  // Behind the clock of the program, which is the server's.
  document.body.dataset.behind = behind === undefined ? '' : String(behind);
  document.body.dataset.late = String(place?.behind ?? '');
  find('latency').textContent = behind === undefined ? '–' : `${(behind / 1000).toFixed(2)} s`;
  find('buffer').textContent = `${bufferedAhead().toFixed(2)} s`;
  find('stalls').textContent = String(stalls);
  find('frames').textContent = String(totalVideoFrames - droppedVideoFrames);
  find('dropped').textContent = String(droppedVideoFrames);
}

find('room').textContent = roomId;
document.title = `${roomId} · Shoal player`;
video.addEventListener('playing', () => say('playing', 'Playing'));
video.addEventListener('seeking', () => place?.seek(lastTime, video.currentTime));
video.addEventListener('play', () => (stopped = false));
video.addEventListener('pause', () => (stopped = true));
// The timers of a hidden page may fire once per minute only.
video.addEventListener('timeupdate', keepUp);
video.addEventListener('ended', () => say('ended', 'The stream has ended'));
setInterval(() => {
  keepUp();
  showFigures();
}, lookInterval);
void wait();
