import t from 'tap';
import { type CallState, type SessionEnd, SessionLimits } from '../../src/recorder/session-limits.ts';
import { HeldClock } from '../clock/held-clock.ts';

const limits = { callEmpty: 30_000, noMedia: 180_000, allMuted: 600_000, transport: 30_000, usage: 0 };
const lively: CallState = { occupied: true, muted: false, receivedBytes: 0, connected: true };

/** @param seconds looked at @returns when it ended, in seconds, and how */
async function watch(stateAt: (seconds: number) => CallState, seconds: number, changes: Partial<typeof limits> = {}) {
  const clock = new HeldClock();
  let end: { at: number; how: SessionEnd } | undefined;
  const onEnd = (how: SessionEnd) => {
    end = { at: clock.now() / 1000, how };
  };
  const state = async () => stateAt(clock.now() / 1000);
  const watching = new SessionLimits({ ...limits, ...changes }, clock, state, onEnd);
  for (let second = 0; second < seconds && !end; second += 15) {
    await clock.whenPending(1);
    clock.advance(15_000);
    // The state is asked for asynchronously.
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  }
  watching.close();
  return { end, left: clock.pending };
}

t.test('an active call is not ended', async (t) => {
  const { end, left } = await watch((second) => ({ ...lively, receivedBytes: second }), 2000);
  t.equal(end, undefined);
  t.equal(left, 0, 'no timer is left');
});

t.test('a call that is empty for too long is ended', async (t) => {
  const empty = { ...lively, occupied: false, muted: true, connected: false };
  t.strictSame((await watch(() => empty, 900)).end, { at: 45, how: 'finished' });
  const late = await watch((second) => (second < 100 ? { ...lively, receivedBytes: second } : empty), 900);
  t.strictSame(late.end, { at: 135, how: 'finished' });
  t.strictSame((await watch(() => empty, 4000, { callEmpty: 1_800_000 })).end?.at, 1815, 'of a gateway');
});

t.test('a session without media although a peer sends fails', async (t) => {
  const { end } = await watch(() => lively, 900);
  t.match(end, { at: 195, how: { kind: 'noMedia', ofMachine: false } });
});

t.test('a call in which everybody is muted for too long is ended', async (t) => {
  t.strictSame((await watch(() => ({ ...lively, muted: true }), 900)).end, { at: 615, how: 'finished' });
});

t.test('a session that gets none of the sent media fails', async (t) => {
  const { end } = await watch((second) => ({ ...lively, receivedBytes: second, connected: false }), 900);
  t.match(end, { at: 45, how: { kind: 'disconnected', ofMachine: false } });
});

t.test('a session of maximum duration is ended', async (t) => {
  const { end } = await watch((second) => ({ ...lively, receivedBytes: second }), 900, { usage: 60_000 });
  t.strictSame(end, { at: 60, how: 'finished' });
});

t.test('limits are counted in monotonic time', async (t) => {
  const clock = new HeldClock();
  let day = 0;
  // It is set by a day each time that somebody looks.
  clock.now = () => (day += 86_400_000);
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const state = async () => {
    resolve();
    return { ...lively, receivedBytes: 1 };
  };
  const watching = new SessionLimits({ ...limits, usage: 60_000 }, clock, state, (end) => t.fail(`It ended: ${end}`));
  clock.advance(15_000);
  await asked;
  await clock.whenPending(1);
  watching.close();
});
