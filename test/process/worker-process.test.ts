import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../src/clock/clock.ts';
import { WorkerProcess } from '../../src/process/worker-process.ts';
import { isAlive } from '../child-processes.ts';
import { HeldClock } from '../clock/held-clock.ts';

const clockFile = pathToFileURL(join(import.meta.dirname, '../../src/clock/clock.ts'));
const channelFile = pathToFileURL(join(import.meta.dirname, '../../src/process/worker-channel.ts'));
/** Repeats what it hears; `time` is answered with the time of day; `stop` with `bye`, after `stay` not at all; `die` is not answered; `grow` and `grow child` take 300 MB. */
const parrot = `
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { argumentClock } from ${JSON.stringify(clockFile.href)};
import { WorkerChannel } from ${JSON.stringify(channelFile.href)};
process.on('SIGTERM', () => undefined);
const clock = argumentClock(process.argv);
const taken = [];
let stays = false;
const large = 'const large = Buffer.alloc(3e8, 1); process.stdout.write("grown"); setInterval(() => large, 1e6)';
const channel = new WorkerChannel({
  onMessage: async (message) => {
    if (message === 'die') process.exit(3);
    if (message === 'grow') taken.push(Buffer.alloc(3e8, 1));
    if (message === 'grow child') await once(spawn(process.execPath, ['-e', large]).stdout, 'data');
    if (message === 'stay') stays = true;
    if (message === 'stop' && stays) return;
    if (message === 'time') return channel.send(clock.now());
    channel.send(message === 'stop' ? 'bye' : message);
    if (message !== 'stop') return;
    await channel.close();
    process.exit(0);
  },
  onError: () => process.exit(4),
  onEnd: () => process.exit(0),
});
channel.send('ready');
`;

type Said = unknown;

async function start(t: Test, options: { readonly clock?: Clock; readonly maxMemory?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-worker-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'worker.mjs');
  await writeFile(program, parrot);
  const logger = pino({ enabled: false });
  const worker = new WorkerProcess<unknown, Said>({
    name: 'parrot',
    program,
    stop: 'stop',
    logger,
    ...options,
  });
  t.teardown(() => worker.close());
  const said: Said[] = [];
  worker.observer.on('message', (message) => said.push(message));
  const heard = async (count: number) => {
    while (said.length < count) await once(worker.observer, 'message');
  };
  return { worker, said, heard };
}

t.test('messages of any size pass both ways, and the end is waited for', async (t) => {
  const { worker, said, heard } = await start(t);
  worker.send('dropped: it does not run yet');
  await heard(1);
  const large = Buffer.alloc(1_000_000, 7);
  worker.send({ large });
  worker.send(undefined);
  await heard(3);
  t.equal(said[0], 'ready');
  t.same(Buffer.from((said[1] as { large: Uint8Array }).large), large);
  t.equal(said[2], undefined);
  const { pid = 0 } = worker;
  await Promise.all([worker.close(), worker.close()]);
  t.equal(said[3], 'bye', 'it could say its last word');
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  worker.send('nobody is there');
});

t.test('a worker that dies is replaced and reported', async (t) => {
  const { worker, said, heard } = await start(t);
  await heard(1);
  const first = worker.pid;
  const lost = once(worker.observer, 'lost');
  worker.send('die');
  await lost;
  await heard(2);
  t.same(said, ['ready', 'ready']);
  t.not(worker.pid, first);
  const second = once(worker.observer, 'lost');
  process.kill(worker.pid ?? 0, 'SIGKILL');
  await second;
  await heard(3);
  worker.send('still here');
  await heard(4);
  t.equal(said[3], 'still here');
  const third = once(worker.observer, 'lost');
  worker.replace();
  t.same(await third, [{ reason: 'unfinished' }]);
  await heard(5);
});

t.test('a worker can be closed while it is replaced', async (t) => {
  const { worker, said, heard } = await start(t);
  await heard(1);
  const lost = once(worker.observer, 'lost');
  worker.send('die');
  await lost;
  await worker.close();
  t.equal(worker.pid, undefined);
  t.same(said, ['ready']);
});

t.test('one that does not answer any more is killed and replaced', async (t) => {
  const clock = new HeldClock();
  const { worker, said, heard } = await start(t, { clock });
  await heard(1);
  const first = worker.pid;
  process.kill(first ?? 0, 'SIGSTOP');
  const lost = once(worker.observer, 'lost');
  clock.advance(18_000);
  t.same(await lost, [{ reason: 'no response', silentMs: 18_000 }]);
  clock.advance(50);
  await heard(2);
  t.same(said, ['ready', 'ready']);
  t.not(worker.pid, first);
});

t.test('one that answers again after a while is left alone', async (t) => {
  const clock = new HeldClock();
  const { worker, heard } = await start(t, { clock });
  await heard(1);
  const { pid = 0 } = worker;
  worker.observer.on('lost', () => t.fail('it was taken for dead'));
  for (const turn of [2, 3, 4]) {
    process.kill(pid, 'SIGSTOP');
    clock.advance(12_000);
    process.kill(pid, 'SIGCONT');
    worker.send('busy');
    await heard(turn);
  }
  t.equal(worker.pid, pid);
});

for (const grow of ['grow', 'grow child']) {
  t.test(`one that takes too much memory is killed and replaced: ${grow}`, async (t) => {
    const clock = new HeldClock();
    const { worker, heard } = await start(t, { clock, maxMemory: 300_000_000 });
    await heard(1);
    worker.send(grow);
    await heard(2);
    const lost = once(worker.observer, 'lost');
    clock.advance(3000);
    t.match(await lost, [{ reason: 'memory', maxMemoryMb: 300 }]);
    clock.advance(50);
    await heard(3);
  });
}

t.test('one that ended by itself: the reason says how', async (t) => {
  const { worker, heard } = await start(t);
  await heard(1);
  const lost = once(worker.observer, 'lost');
  worker.send('die');
  t.same(await lost, [{ reason: 'ended', code: 3 }]);
});

t.test('one that is closed has 30 s to finish while it responds', async (t) => {
  const clock = new HeldClock();
  const { worker, heard } = await start(t, { clock });
  worker.observer.on('lost', () => t.fail('it was replaced'));
  await heard(1);
  const { pid = 0 } = worker;
  worker.send('stay');
  await heard(2);
  const closing = worker.close();
  await clock.whenPending(2);
  for (let turn = 3; turn < 12; turn += 1) {
    clock.advance(3000);
    worker.send('busy');
    await heard(turn);
  }
  clock.advance(2999);
  t.ok(isAlive(pid));
  clock.advance(1);
  await closing;
  t.notOk(isAlive(pid));
});

t.test('one that is closed and does not respond is killed after 18 s', async (t) => {
  const clock = new HeldClock();
  const { worker, heard } = await start(t, { clock });
  worker.observer.on('lost', () => t.fail('it was replaced'));
  await heard(1);
  const { pid = 0 } = worker;
  process.kill(pid, 'SIGSTOP');
  const closing = worker.close();
  clock.advance(17_999);
  t.ok(isAlive(pid));
  clock.advance(1);
  await closing;
  t.notOk(isAlive(pid));
});

for (const order of ['before', 'after']) {
  t.test(`one that is hurried ${order} it is closed has 2 s to finish`, async (t) => {
    const clock = new HeldClock();
    const { worker, heard } = await start(t, { clock });
    await heard(1);
    const { pid = 0 } = worker;
    process.kill(pid, 'SIGSTOP');
    if (order === 'before') worker.hurry();
    const closing = worker.close();
    worker.hurry();
    clock.advance(1999);
    t.ok(isAlive(pid));
    clock.advance(1);
    await closing;
    t.notOk(isAlive(pid));
    t.equal(clock.pending, 0);
  });
}

t.test('no timer is left when it is closed', async (t) => {
  const clock = new HeldClock();
  const { worker, heard } = await start(t, { clock });
  await heard(1);
  await worker.close();
  t.equal(clock.pending, 0);
});

t.test('a worker that is replaced has the same time, whatever the time of day was set to meanwhile', async (t) => {
  for (const step of [300_000, -3_600_000]) {
    let offset = 1e10;
    const clock = { ...systemClock, now: () => systemClock.now() + offset };
    const { worker, said, heard } = await start(t, { clock });
    await heard(1);
    worker.send('time');
    await heard(2);
    offset += step;
    worker.send('die');
    await heard(3);
    worker.send('time');
    await heard(4);
    const [, before, , after] = said as [unknown, number, unknown, number];
    t.ok(Math.abs(systemClock.now() + 1e10 - after) < 120_000, 'the time of the one that started it');
    t.ok(after > before && after - before < 120_000, `${after - before} ms have passed after a step of ${step} ms`);
  }
});
