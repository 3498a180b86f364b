// docs/contracts/jibri.md 9.
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

t.test('a call that goes on', async (t) => {
  const { end, left } = await watch((second) => ({ ...lively, receivedBytes: second }), 2000);
  t.equal(end, undefined);
  t.equal(left, 0, 'no timer is left');
});

t.test('a call that is empty', async (t) => {
  const empty = { ...lively, occupied: false, muted: true, connected: false };
  t.strictSame((await watch(() => empty, 900)).end, { at: 45, how: 'finished' });
  const late = await watch((second) => (second < 100 ? { ...lively, receivedBytes: second } : empty), 900);
  t.strictSame(late.end, { at: 135, how: 'finished' });
  t.strictSame((await watch(() => empty, 4000, { callEmpty: 1_800_000 })).end?.at, 1815, 'of a gateway');
});

t.test('nothing is received', async (t) => {
  const { end } = await watch(() => lively, 900);
  t.match(end, { at: 195, how: { message: 'No media received', scope: 'SESSION', shouldRetry: true } });
});

t.test('everybody is muted', async (t) => {
  t.strictSame((await watch(() => ({ ...lively, muted: true }), 900)).end, { at: 615, how: 'finished' });
});

t.test('what is sent does not arrive', async (t) => {
  const { end } = await watch((second) => ({ ...lively, receivedBytes: second, connected: false }), 900);
  t.match(end, { at: 45, how: { message: 'ICE failed', scope: 'SESSION' } });
});

t.test('the session is too long', async (t) => {
  const { end } = await watch((second) => ({ ...lively, receivedBytes: second }), 900, { usage: 60_000 });
  t.strictSame(end, { at: 60, how: 'finished' });
});
