import { EventEmitter, once } from 'node:events';
import t, { type Test } from 'tap';
import type { Database } from '../../src/database/database.ts';
import { Outbox, type OutboxMessage, type OutboxOptions, UndeliverableError } from '../../src/database/outbox.ts';
import { createLogger } from '../../src/log/logger.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import type { LogLine } from '../log/log-line.ts';
import { onBothEngines, testEngine } from './engines.ts';

/** Somebody outside, who takes messages when the test says so. */
class Receiver {
  /** `<key> <body> <earlier attempts>` of each attempt. */
  readonly attempts: string[] = [];
  readonly ids: string[] = [];
  readonly #pending: { readonly message: OutboxMessage; readonly result: PromiseWithResolvers<void> }[] = [];
  readonly #changes = new EventEmitter<{ attempt: [] }>();

  readonly deliver: OutboxOptions['deliver'] = async (message, signal) => {
    this.attempts.push(`${message.key} ${message.body} ${message.attempts}`);
    this.ids.push(message.id);
    const result = Promise.withResolvers<void>();
    this.#pending.push({ message, result });
    this.#changes.emit('attempt');
    signal.addEventListener('abort', () => result.reject(signal.reason));
    await result.promise;
  };

  get pending(): string[] {
    return this.#pending.map(({ message }) => `${message.key} ${message.body}`);
  }

  async whenAttempts(count: number): Promise<void> {
    while (this.attempts.length < count) await once(this.#changes, 'attempt');
  }

  /** Takes the oldest, or refuses it. */
  end(error?: Error): void {
    const { result } = this.#pending.shift() ?? {};
    if (error) result?.reject(error);
    else result?.resolve();
  }
}

interface Parts {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly receiver: Receiver;
  readonly clock: HeldClock;
  readonly log: LogLine[];
}

function openOutbox(t: Pick<Test, 'teardown'>, database: Database, changes: Partial<OutboxOptions> = {}): Parts {
  const log: LogLine[] = [];
  const level = { level: 'info', structured: true } as const;
  const logger = createLogger(level, { write: (line) => log.push(JSON.parse(line)) });
  const receiver = new Receiver();
  const clock = (changes.clock as HeldClock | undefined) ?? new HeldClock(1_000_000);
  const shared = { topic: 'mail', delays: [1000, 5000], concurrency: 3, deliver: receiver.deliver, clock } as const;
  const outbox = new Outbox({ ...shared, database, logger, ...changes });
  t.teardown(() => outbox.close());
  return { database, outbox, receiver, clock, log };
}

/** Adds messages in one transaction: `<key> <body>` each. */
async function add({ database, outbox }: Pick<Parts, 'database' | 'outbox'>, messages: readonly string[]) {
  const pairs = messages.map((message) => message.split(' ')).map(([key = '', body = '']) => ({ key, body }));
  await database.transaction((transaction) => outbox.addAll(transaction, pairs));
  outbox.wake();
}

const rowsOf = ({ queries }: Database) => queries.selectFrom('outbox').selectAll().orderBy('position').execute();

async function whenRow(
  database: Database,
  what: string,
  isSo: (row: Awaited<ReturnType<typeof rowsOf>>[0]) => boolean,
) {
  await eventually(what, async () => (await rowsOf(database)).some(isSo));
}

const whenEmpty = (database: Database) => eventually('empty', async () => (await rowsOf(database)).length === 0);

await onBothEngines(t, 'messages of one key are delivered in order, those of several at once', async (t, engine) => {
  const parts = openOutbox(t, await engine.open());
  const { receiver, outbox, database } = parts;
  await add(parts, ['a 1', 'a 2', 'b 1', 'c 1', 'd 1']);
  await receiver.whenAttempts(3);
  t.strictSame(receiver.pending.sort(), ['a 1', 'b 1', 'c 1']);
  receiver.end();
  await receiver.whenAttempts(4);
  receiver.end();
  await receiver.whenAttempts(5);
  t.strictSame(receiver.pending.sort(), ['a 2', 'c 1', 'd 1']);
  for (let left = 3; left > 0; left -= 1) receiver.end();
  await whenEmpty(database);
  t.equal(new Set(receiver.ids).size, 5);
  await outbox.close();
  t.equal(parts.clock.pending, 0, 'nothing is left behind');
});

await onBothEngines(t, 'keys take turns', async (t, engine) => {
  const parts = openOutbox(t, await engine.open(), { concurrency: 1 });
  await add(parts, ['a 1', 'a 2', 'a 3', 'a 4', 'b 1', 'c 1', 'b 2']);
  for (let count = 1; count <= 7; count += 1) {
    await parts.receiver.whenAttempts(count);
    parts.receiver.end();
  }
  t.strictSame(parts.receiver.attempts, ['a 1 0', 'b 1 0', 'c 1 0', 'a 2 0', 'b 2 0', 'a 3 0', 'a 4 0']);
});

await onBothEngines(t, 'no key waits for all messages of many others', async (t, engine) => {
  const clock = new HeldClock(1_000_000);
  const delivered: unknown[] = [];
  const deliver = async ({ body }: OutboxMessage) => {
    clock.advance(1);
    delivered.push(body);
  };
  const parts = openOutbox(t, await engine.open(), { concurrency: 1, clock, deliver });
  const keys = Array.from({ length: 105 }, (_, key) => key);
  await add(
    parts,
    keys.flatMap((key) => [`${key} first`, `${key} second`]),
  );
  await whenEmpty(parts.database);
  t.strictSame(delivered, [...keys.map(() => 'first'), ...keys.map(() => 'second')]);
});

await onBothEngines(t, 'a message of a transaction that failed is never delivered', async (t, engine) => {
  const parts = openOutbox(t, await engine.open());
  const failing = parts.database.transaction(async (transaction) => {
    await parts.outbox.add(transaction, 'a', 'lost');
    throw new Error('no');
  });
  await t.rejects(failing, /no/);
  await add(parts, ['b 1']);
  await parts.receiver.whenAttempts(1);
  t.strictSame(parts.receiver.attempts, ['b 1 0']);
});

t.test('while nobody takes messages, the log says so once', async (t) => {
  const parts = openOutbox(t, await (await testEngine(t, 'SQLite')).open(), { concurrency: 1 });
  const { receiver, log, clock, database } = parts;
  await add(parts, ['a 1', 'b 1', 'c 1']);
  for (let attempts = 1; attempts <= 2; attempts += 1) {
    await receiver.whenAttempts(attempts);
    receiver.end(new Error('the name is unknown'));
  }
  await receiver.whenAttempts(3);
  t.equal(log.length, 1);
  receiver.end();
  await eventually('c is delivered', async () => (await rowsOf(database)).length === 2);
  clock.advance(1000);
  await receiver.whenAttempts(4);
  receiver.end(new Error('the name is unknown'));
  await receiver.whenAttempts(5);
  t.equal(log.length, 2, 'and once more when it was better in between');
});

await onBothEngines(t, 'a message that is refused is tried again, and given up in the end', async (t, engine) => {
  const parts = openOutbox(t, await engine.open());
  const { receiver, database, clock, log } = parts;
  await add(parts, ['a secret', 'a next', 'b 1']);
  await receiver.whenAttempts(2);
  const [first] = receiver.ids;
  receiver.end(new Error('busy'));
  await whenRow(database, 'it waits', ({ attempts, claimed_until }) => attempts === 1 && claimed_until === null);
  receiver.end();
  await eventually('b is delivered', async () => (await rowsOf(database)).length === 2);
  clock.advance(999);
  t.strictSame(receiver.pending, [], 'the next of its key waits, too');
  clock.advance(1);
  await receiver.whenAttempts(3);
  receiver.end(new Error('busy'));
  await whenRow(database, 'it waits', ({ attempts }) => attempts === 2);
  clock.advance(5000);
  await receiver.whenAttempts(4);
  const postponed = { message_id: first, key: 'a', topic: 'mail', cause: 'busy' };
  const later = [1, 5].map((seconds, index) => ({ ...postponed, attempts: index + 1, seconds }));
  t.match(
    log.splice(0),
    later.map((metadata) => ({ message: 'A message was not delivered; it is sent again later.', metadata })),
  );
  receiver.end(new Error('still busy'));
  await receiver.whenAttempts(5);
  t.strictSame(receiver.attempts.slice(2), ['a secret 1', 'a secret 2', 'a next 0']);
  t.strictSame([receiver.ids[2], receiver.ids[3]], [first, first]);
  const given = { message_id: first, key: 'a', topic: 'mail', attempts: 3, cause: 'still busy' };
  t.match(log, [{ message: 'A message was given up.', metadata: given }]);
  t.notMatch(JSON.stringify(log), 'secret');
  t.match(await rowsOf(database), [{ id: first, failed_at: clock.now(), error: 'still busy', attempts: 3 }, {}]);
  receiver.end();
  await eventually('only that is kept', async () => (await rowsOf(database)).length === 1);
  const week = 7 * 24 * 60 * 60 * 1000;
  clock.advance(week);
  await eventually('it is removed', async () => {
    clock.advance(60 * 60 * 1000);
    return (await rowsOf(database)).length === 0;
  });
  t.ok(clock.now() - 1_000_000 > week);
});

await onBothEngines(t, 'what cannot be delivered is given up at once', async (t, engine) => {
  const parts = openOutbox(t, await engine.open());
  await add(parts, ['a 1']);
  await parts.receiver.whenAttempts(1);
  parts.receiver.end(new UndeliverableError('x'.repeat(10_000)));
  await whenRow(parts.database, 'given up', ({ attempts, error }) => attempts === 1 && error?.length === 500);
});

await onBothEngines(t, 'what a stop interrupts was not attempted, and goes on after the start', async (t, engine) => {
  const database = await engine.open();
  const parts = openOutbox(t, database);
  await add(parts, ['a 1', 'b 1']);
  await parts.receiver.whenAttempts(2);
  await parts.outbox.close();
  await parts.outbox.close();
  parts.outbox.wake();
  t.equal(parts.clock.pending, 0);
  for (const row of await rowsOf(database)) t.match(row, { attempts: 0, claimed_until: null, failed_at: null });
  const { receiver } = openOutbox(t, database);
  await receiver.whenAttempts(2);
  t.strictSame(receiver.attempts.sort(), ['a 1 0', 'b 1 0']);
  t.strictSame(receiver.ids.sort(), parts.receiver.ids.sort());
});

await onBothEngines(t, 'what a killed server had in its hands is taken after some seconds', async (t, engine) => {
  const database = await engine.open();
  const killed = openOutbox(t, database, { concurrency: 1 });
  await add(killed, ['a 1', 'b 1']);
  await killed.receiver.whenAttempts(1);
  // Its clock stands still, as that of a dead one.
  const { receiver, clock } = openOutbox(t, await engine.open());
  await receiver.whenAttempts(1);
  t.strictSame(receiver.attempts, ['b 1 0']);
  receiver.end();
  await eventually('b is delivered', async () => (await rowsOf(database)).length === 1);
  for (let waited = 0; receiver.attempts.length < 2 && waited < 100; waited += 1) {
    await clock.whenPending(1);
    if (clock.now() < 1_014_000) t.equal(receiver.attempts.length, 1);
    clock.advance(1000);
    await rowsOf(database);
  }
  t.strictSame(receiver.attempts, ['b 1 0', 'a 1 0']);
});

await onBothEngines(t, 'who was too slow does not touch a message that another server has taken', async (t, engine) => {
  const slow = openOutbox(t, await engine.open());
  await add(slow, ['a 1']);
  await slow.receiver.whenAttempts(1);
  // Its own clock stands still.
  const other = openOutbox(t, await engine.open());
  await eventually('it is taken', () => {
    other.clock.advance(10_000);
    return other.receiver.attempts.length > 0;
  });
  const [taken] = await rowsOf(slow.database);
  slow.receiver.end(new Error('too late'));
  await slow.outbox.close();
  t.match(await rowsOf(slow.database), [{ attempts: 0, claim: taken?.claim ?? '-', failed_at: null }]);
  other.receiver.end();
  await whenEmpty(slow.database);
});

await onBothEngines(t, 'who delivers for long keeps a message', async (t, engine) => {
  const clock = new HeldClock(1_000_000);
  const one = openOutbox(t, await engine.open(), { clock });
  await add(one, ['a 1', 'a 2']);
  await one.receiver.whenAttempts(1);
  const other = openOutbox(t, await engine.open(), { clock });
  for (let second = 0; second < 60; second += 5) {
    const until = (await rowsOf(one.database))[0]?.claimed_until ?? 0;
    clock.advance(5000);
    await whenRow(one.database, 'renewed', ({ claimed_until }) => (claimed_until ?? 0) > until);
  }
  one.receiver.end();
  await eventually('the next', () => one.receiver.attempts.length + other.receiver.attempts.length === 2);
  t.strictSame([...one.receiver.attempts, ...other.receiver.attempts], ['a 1 0', 'a 2 0']);
});

await onBothEngines(t, 'two servers deliver each message once, and in order', async (t, engine) => {
  const delivered: string[] = [];
  const running = new Set<string>();
  const deliver: OutboxOptions['deliver'] = async ({ key, body }) => {
    if (running.has(key)) t.fail('Two of one key at the same time.');
    running.add(key);
    await new Promise((done) => setImmediate(done));
    delivered.push(`${key} ${body}`);
    running.delete(key);
  };
  const one = openOutbox(t, await engine.open(), { deliver });
  const other = openOutbox(t, await engine.open(), { deliver });
  const messages = Array.from({ length: 60 }, (_, index) => `${index % 7} ${index}`);
  await add(one, messages.slice(0, 30));
  await add(other, messages.slice(30));
  // Each sees what the other one left when it looks again.
  await eventually('empty', async () => {
    one.outbox.wake();
    other.outbox.wake();
    return (await rowsOf(one.database)).length === 0;
  });
  t.strictSame([...delivered].sort(), [...messages].sort());
  for (let key = 0; key < 7; key += 1) {
    const ofKey = (all: readonly string[]) => all.filter((message) => message.startsWith(`${key} `));
    t.strictSame(ofKey(delivered), ofKey(messages));
  }
});

await onBothEngines(t, 'a clock that is set back keeps nothing waiting', async (t, engine) => {
  const parts = openOutbox(t, await engine.open(), { concurrency: 1 });
  const { clock, receiver, database } = parts;
  await add(parts, ['a 1']);
  await receiver.whenAttempts(1);
  await add(parts, ['b 1']);
  clock.setTime(1000);
  receiver.end(new Error('busy'));
  await whenRow(database, 'it waits', ({ attempts, due_at }) => attempts === 1 && due_at === 2000);
  await eventually('b is due', () => {
    clock.advance(10_000);
    return receiver.attempts.length >= 2;
  });
  receiver.end();
  await receiver.whenAttempts(3);
  t.strictSame(receiver.attempts.slice(1).sort(), ['a 1 1', 'b 1 0']);
});
