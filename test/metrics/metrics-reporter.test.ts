import { pino } from 'pino';
import t from 'tap';
import type { Measurements } from '../../src/metrics/measurements.ts';
import { MetricsReporter } from '../../src/metrics/metrics-reporter.ts';
import { HeldClock } from '../clock/held-clock.ts';

/** A reporter whose reports the test completes. */
function start() {
  const clock = new HeldClock();
  const state = { subscribed: true, built: 0, forgotten: 0 };
  const pending: PromiseWithResolvers<Measurements>[] = [];
  const sent: string[] = [];
  const errors: { msg: string; err?: { message: string } }[] = [];
  const report = {
    build: () => {
      state.built += 1;
      const building = Promise.withResolvers<Measurements>();
      pending.push(building);
      return building.promise;
    },
    forget: () => {
      state.forgotten += 1;
    },
  };
  const reporter = new MetricsReporter({
    report,
    hasSubscribers: () => state.subscribed,
    broadcast: (json) => sent.push(json),
    logger: pino({}, { write: (line) => errors.push(JSON.parse(line)) }),
    clock,
  });
  /** Lets the continuations of settled promises run. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const finish = async (value: Measurements) => {
    pending.shift()?.resolve(value);
    await settle();
  };
  const fail = async (error: Error) => {
    pending.shift()?.reject(error);
    await settle();
  };
  return { clock, state, sent, errors, reporter, settle, finish, fail };
}

t.test('a report is sent each second, also when it is empty', async (t) => {
  const { clock, state, sent, reporter, finish } = start();
  t.teardown(() => reporter.close());
  clock.advance(999);
  t.equal(state.built, 0);
  clock.advance(1);
  t.equal(state.built, 1);
  await finish({});
  t.strictSame(sent, ['{}']);
  clock.advance(1000);
  await finish({ 'room_id=lobby': { a: undefined, b: null } });
  t.strictSame(sent, ['{}', '{"room_id=lobby":{"b":null}}']);
});

t.test(
  'nothing is measured without subscribers, and the first report comes within a second of a subscription',
  async (t) => {
    const { clock, state, sent, reporter, settle, finish } = start();
    t.teardown(() => reporter.close());
    state.subscribed = false;
    for (let second = 0; second < 3; second += 1) {
      clock.advance(1000);
      await settle();
    }
    t.match(state, { built: 0, forgotten: 3 });
    clock.advance(500);
    state.subscribed = true;
    clock.advance(500);
    await finish({});
    t.strictSame(sent, ['{}']);
  },
);

t.test('a report that takes longer than a second is not overlapped by the next', async (t) => {
  const { clock, state, sent, reporter, finish } = start();
  t.teardown(() => reporter.close());
  clock.advance(1000);
  clock.advance(2500);
  t.equal(state.built, 1);
  await finish({ slow: true });
  clock.advance(500);
  t.equal(state.built, 2);
  await finish({});
  t.strictSame(sent, ['{"slow":true}', '{}']);
});

t.test('a report that fails is logged, and the next one is made', async (t) => {
  const { clock, sent, errors, reporter, finish, fail } = start();
  t.teardown(() => reporter.close());
  clock.advance(1000);
  await fail(new Error('no answer'));
  t.match(errors, [{ msg: 'The metrics report failed.', err: { message: 'no answer' } }]);
  clock.advance(1000);
  await finish({});
  t.strictSame(sent, ['{}']);
});

t.test('close waits for the running report, does not send it and leaves no timer', async (t) => {
  const { clock, sent, reporter, finish } = start();
  clock.advance(1000);
  let closed = false;
  const closing = reporter.close().then(() => {
    closed = true;
  });
  await finish({});
  await closing;
  t.ok(closed);
  t.strictSame(sent, []);
  t.equal(clock.pending, 0);
  await reporter.close();
});
