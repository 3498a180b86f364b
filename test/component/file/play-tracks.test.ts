import t from 'tap';
import type { Frame } from '../../../src/component/file/frame.ts';
import { playTracks } from '../../../src/component/file/play-tracks.ts';
import type { TrackSender } from '../../../src/component/file/track-sender.ts';
import { HeldClock } from '../../clock/held-clock.ts';

/** Frames of 20 ms. */
async function* frames(from: number, count: number): AsyncGenerator<Frame> {
  for (let index = 0; index < count; index += 1) {
    yield { time: from + index / 50, duration: 1 / 50, key: true, payloads: [] };
  }
}

/** Keeps when each frame was sent, and for when it was meant. */
function keeper(clock: HeldClock) {
  const sent: number[] = [];
  const meant: number[] = [];
  const sender = {
    send(_frame: Frame, instant: number) {
      sent.push(clock.now());
      meant.push(Math.round(instant));
    },
  } as unknown as TrackSender;
  return { sent, meant, sender };
}

/** Moves the clock on, a millisecond at a time, and lets happen what falls due. */
async function advance(clock: HeldClock, duration: number): Promise<void> {
  for (let elapsed = 0; elapsed <= duration; elapsed += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (elapsed < duration) clock.advance(1);
  }
}

t.test('two tracks share a clock that starts with the earlier one', async (t) => {
  const clock = new HeldClock();
  const { signal } = new AbortController();
  const audio = keeper(clock);
  const video = keeper(clock);
  let ended = false;
  const tracks = [
    { frames: frames(5, 3), sender: audio.sender },
    { frames: frames(5.01, 3), sender: video.sender },
  ];
  const playing = playTracks(tracks, clock, signal).then(() => {
    ended = true;
  });
  await advance(clock, 69);
  t.same(audio.sent, [0, 20, 40]);
  t.same(video.sent, [10, 30, 50]);
  t.same(video.meant, [10, 30, 50]);
  t.notOk(ended, 'the last picture is still shown');
  await advance(clock, 1);
  await playing;
  t.equal(clock.pending, 0);
});

t.test('playing can be stopped at any time', async (t) => {
  const clock = new HeldClock();
  const stop = new AbortController();
  const { sent, sender } = keeper(clock);
  const playing = playTracks([{ frames: frames(0, 100), sender }], clock, stop.signal);
  await advance(clock, 30);
  stop.abort();
  await playing;
  t.same(sent, [0, 20]);
  t.equal(clock.pending, 0);
});

t.test('a source without media and an unreadable one fail', async (t) => {
  const clock = new HeldClock();
  const { signal } = new AbortController();
  const { sender } = keeper(clock);
  await t.rejects(playTracks([{ frames: frames(0, 0), sender }], clock, signal), RangeError);
  async function* broken(): AsyncGenerator<Frame> {
    yield* frames(0, 1);
    throw new Error('broken');
  }
  const playing = t.rejects(playTracks([{ frames: broken(), sender }], clock, signal), { message: 'broken' });
  await advance(clock, 30);
  await playing;
});
