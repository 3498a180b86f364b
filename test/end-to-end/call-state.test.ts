// docs/contracts/jibri.md 9: calls are judged by what really arrives.
import { EventEmitter } from 'node:events';
import t from 'tap';
import { HeldClock } from '../clock/held-clock.ts';
import { ScriptedComponent } from '../component/recording/scripted-component.ts';
import type { Script } from '../rtp-sender.ts';
import { type ProgramWatch, RealRecorders } from './real-recorders.ts';

/** Says which waits begin. */
class TellingClock extends HeldClock {
  readonly #plans = new EventEmitter<{ plan: [number] }>();

  override schedule(delay: number, task: () => void): () => void {
    const cancel = super.schedule(delay, task);
    this.#plans.emit('plan', delay);
    return cancel;
  }

  /** Waits until somebody begins to wait for one of these, in ms. @returns which */
  planned(...delays: readonly number[]): Promise<number> {
    return new Promise((resolve) => {
      const look = (delay: number) => {
        if (!delays.includes(delay)) return;
        this.#plans.off('plan', look);
        resolve(delay);
      };
      this.#plans.on('plan', look);
    });
  }
}

/** Ms between two checks of a call. */
const interval = 15_000;
/** Ms that a session waits for its media when it ends. */
const closingTime = 10_000;
const clock = new TellingClock(Date.now());
// In checks, which come every 15 s: 3, 5 and 9.
const limits = { JIBRI_CALL_EMPTY_TIMEOUT: '30', JIBRI_NO_MEDIA_TIMEOUT: '60', JIBRI_ALL_MUTED_TIMEOUT: '120' };
const recorders = await RealRecorders.start(t, limits, { clock });
const nothing: Script = { frames: [], duration: 1000, clockRate: 48_000 };

/** Starts a session of a room, with what happens there. */
async function record(name: string) {
  const room = await recorders.room(name);
  const watch = recorders.watch(room);
  const begin = async () => {
    await recorders.start(name, { sessionId: name });
    await recorders.until(name, 'ON');
  };
  const end = async () => {
    await recorders.stop();
    await room.close();
    await watch.close();
  };
  return { room, watch, begin, end };
}

/** Lets one check come due. @returns whether it ended the session */
async function check(): Promise<boolean> {
  clock.advance(interval);
  return (await clock.planned(interval, closingTime)) === closingTime;
}

/** @returns the check that ended the session; undefined: none */
async function lastCheck(most: number, watch: ProgramWatch): Promise<number | undefined> {
  for (let count = 1; count <= most; count += 1) {
    await watch.play(0.1);
    if (await check()) return count;
  }
  return undefined;
}

t.test('a peer that sends counts as active', async (t) => {
  const { room, watch, begin, end } = await record('lively');
  const participant = await recorders.participant(room, { colour: 'red', tone: 440 });
  await begin();
  t.equal(await lastCheck(12, watch), undefined, 'is recorded');
  await participant.close();
  await room.endComponent(participant.component);
  t.equal(await lastCheck(5, watch), 3, 'until the call is empty');
  t.match(await recorders.until('lively', 'OFF'), { failure: null });
  await end();
});

t.test('a peer from which nothing arrives counts as silent', async (t) => {
  const { room, watch, begin, end } = await record('silent');
  await (await ScriptedComponent.join(room)).publish([['opus', nothing]]);
  await begin();
  t.equal(await lastCheck(7, watch), 5);
  t.match(await recorders.until('silent', 'OFF'), {
    failure: { reason: 'ERROR', error: { scope: 'SESSION', detail: 'No media received' } },
    shouldRetry: true,
  });
  await end();
});

t.test('a call in which everybody is muted is recognised', async (t) => {
  const { room, watch, begin, end } = await record('muted');
  await recorders.participant(room, { colour: 'red', tone: 440 });
  for (const { producer } of room.media.publications.values()) await producer.pause();
  await begin();
  t.equal(await lastCheck(11, watch), 9);
  t.match(await recorders.until('muted', 'OFF'), { failure: null });
  await end();
});

t.test('a program that stands still is recognised', async (t) => {
  const { room, begin, end } = await record('stuck');
  await recorders.participant(room, { colour: 'red', tone: 440 });
  await begin();
  const worker = recorders.composer;
  process.kill(worker, 'SIGSTOP');
  try {
    let ended = false;
    for (let count = 0; count < 8 && !ended; count += 1) ended = await check();
    t.ok(ended);
  } finally {
    process.kill(worker, 'SIGCONT');
  }
  t.match(await recorders.until('stuck', 'OFF'), { failure: { error: { scope: 'SESSION', detail: 'ICE failed' } } });
  await end();
});
