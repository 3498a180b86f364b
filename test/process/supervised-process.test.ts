import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { ProcessError } from '../../src/process/process-error.ts';
import { SupervisedProcess, type SupervisedProcessOptions } from '../../src/process/supervised-process.ts';
import { HeldClock } from '../clock/held-clock.ts';

const logger = pino({ enabled: false });

function nodeProcess(t: Test, script: string, options: Partial<SupervisedProcessOptions> = {}): SupervisedProcess {
  const supervised = new SupervisedProcess({
    name: 'child',
    program: process.execPath,
    args: ['-e', script],
    logger,
    ...options,
  });
  t.teardown(() => supervised.close());
  return supervised;
}

t.test('a process gets pipes and ends by itself', async (t) => {
  const supervised = nodeProcess(t, 'process.stdin.pipe(process.stdout); require("fs").writeSync(3, "third")', {
    stdin: 'pipe',
    stdout: 'pipe',
    extraPipes: 1,
  });
  await supervised.start();
  t.ok(supervised.running && Number(supervised.pid) > 0);
  const { stdout } = supervised;
  const third = supervised.readable(3);
  if (!stdout || !third) throw new Error('no pipes');
  const exited = once(supervised, 'exited');
  supervised.stdin?.end('hello');
  t.same(await Promise.all([text(stdout), text(third)]), ['hello', 'third']);
  t.same(await exited, [{ code: 0, signal: undefined, expected: false }]);
  t.notOk(supervised.running);
});

t.test('a missing program fails the start', async (t) => {
  const supervised = new SupervisedProcess({ name: 'turn', program: 'no-such-program', args: [], logger });
  const failure = await supervised.start().catch((error: unknown) => error);
  t.ok(failure instanceof ProcessError && failure.notFound);
  t.match(failure, { message: 'turn could not be started: no-such-program is not installed' });
  await supervised.close();
});

t.test('a failure is explained with the last lines', async (t) => {
  const supervised = nodeProcess(t, 'console.error("cannot open\\ninput"); process.exit(3)');
  const failed = once(supervised, 'failed');
  await supervised.start();
  const [failure] = (await failed) as [ProcessError];
  t.equal(failure.message, 'child ended with exit code 3. Its last lines: cannot open | input');
  t.same(failure.lastLines, ['cannot open', 'input']);
});

t.test('the environment has no secrets', async (t) => {
  process.env.FJ_TEST_SECRET = 'hush';
  t.teardown(() => delete process.env.FJ_TEST_SECRET);
  const supervised = nodeProcess(t, 'console.log(JSON.stringify(process.env))', { stdout: 'pipe', env: { MINE: '1' } });
  await supervised.start();
  if (!supervised.stdout) throw new Error('no pipe');
  const environment = JSON.parse(await text(supervised.stdout));
  t.match(environment, { MINE: '1', PATH: process.env.PATH });
  t.notHas(environment, { FJ_TEST_SECRET: 'hush' });
});

t.test('restarts are delayed increasingly, and from the first delay after a stable run', async (t) => {
  const clock = new HeldClock();
  const supervised = nodeProcess(t, 'setInterval(() => {}, 1e6)', {
    clock,
    random: () => 1,
    restart: { firstMs: 100, maxMs: 300, stableMs: 5000 },
  });
  await supervised.start();
  const waits: number[] = [];
  for (const ranMs of [0, 0, 0, 5000]) {
    clock.advance(ranMs);
    const exited = once(supervised, 'exited');
    process.kill(Number(supervised.pid), 'SIGKILL');
    const [{ restartInMs, signal, expected }] = (await exited) as [
      { restartInMs: number; signal: string; expected: boolean },
    ];
    t.same({ signal, expected }, { signal: 'SIGKILL', expected: false });
    t.notOk(supervised.running);
    waits.push(restartInMs);
    const started = once(supervised, 'started');
    clock.advance(restartInMs);
    await started;
  }
  t.same(waits, [100, 200, 300, 100]);
  t.equal(supervised.restarts, 4);
  const exited = once(supervised, 'exited');
  await supervised.close();
  t.match(await exited, [{ expected: true }]);
  t.equal(clock.pending, 0, 'no timer is left');
});

t.test('close between two runs prevents the next', async (t) => {
  const clock = new HeldClock();
  const supervised = nodeProcess(t, '', { clock, restart: { firstMs: 100, maxMs: 300, stableMs: 5000 } });
  const exited = once(supervised, 'exited');
  await supervised.start();
  await exited;
  t.equal(clock.pending, 1);
  await supervised.close();
  t.equal(clock.pending, 0);
});

t.test('a process that ignores the stop signal is killed after the grace period', async (t) => {
  const clock = new HeldClock();
  const script = 'process.on("SIGTERM", () => console.log("asked")); setInterval(() => {}, 1e6); console.log("ready")';
  const supervised = nodeProcess(t, script, { clock, stdout: 'pipe', graceMs: 1000 });
  await supervised.start();
  const { stdout } = supervised;
  if (!stdout) throw new Error('no pipe');
  await once(stdout, 'data');
  const closed = supervised.close();
  t.equal(supervised.close(), closed, 'closing twice is closing once');
  await once(stdout, 'data');
  t.ok(supervised.running, 'it was asked and did not end');
  const exited = once(supervised, 'exited');
  clock.advance(1000);
  t.match(await exited, [{ signal: 'SIGKILL', expected: true }]);
  await closed;
  t.notOk(supervised.running);
});

t.test('close ends what the process started, too', async (t) => {
  const script =
    'require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6); console.log(1)"], { stdio: "inherit" }); setInterval(() => {}, 1e6)';
  const supervised = nodeProcess(t, script, { stdout: 'pipe' });
  await supervised.start();
  const { stdout } = supervised;
  if (!stdout) throw new Error('no pipe');
  await once(stdout, 'data');
  // the pipe ends when the last process that holds it is gone
  const ended = once(stdout, 'end');
  await supervised.close();
  await ended;
  t.ok(stdout.readableEnded);
});

t.test('close before start prevents the start', async (t) => {
  const supervised = nodeProcess(t, '');
  await supervised.close();
  await t.rejects(supervised.start(), /closed already/);
});

t.test('the child dies with us, even when we are killed', async (t) => {
  const server = createServer();
  t.teardown(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  const child = `require("net").connect(${address.port}, "127.0.0.1").on("error", () => {}); setInterval(() => {}, 1e6)`;
  const parent = `
    import { pino } from 'pino';
    import { SupervisedProcess } from './src/process/supervised-process.ts';
    const args = ['-e', ${JSON.stringify(child)}];
    await new SupervisedProcess({ name: 'x', program: process.execPath, args, logger: pino({ enabled: false }) }).start();
    setInterval(() => {}, 1e6);`;
  const connected = once(server, 'connection');
  const us = spawn(process.execPath, ['--input-type=module', '-e', parent], { stdio: 'ignore' });
  const ended = once(us, 'exit');
  t.teardown(() => us.kill('SIGKILL'));
  const [socket] = (await connected) as [Socket];
  socket.on('error', () => undefined);
  const gone = once(socket, 'close');
  us.kill('SIGKILL');
  await ended;
  await gone;
  t.ok(socket.destroyed);
});
