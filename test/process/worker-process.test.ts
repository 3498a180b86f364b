import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { WorkerProcess } from '../../src/process/worker-process.ts';

const framing = pathToFileURL(join(import.meta.dirname, '../../src/process/message-framing.ts'));
/** Repeats what it hears; `stop` is answered with `bye`, `die` is not answered. */
const parrot = `
import { writeSync } from 'node:fs';
import { frameMessage, MessageReader, messageOutput } from ${JSON.stringify(framing.href)};
const say = (message) => writeSync(messageOutput, frameMessage(message));
process.on('SIGTERM', () => undefined);
const reader = new MessageReader((message) => {
  if (message === 'die') process.exit(3);
  say(message === 'stop' ? 'bye' : message);
  if (message === 'stop') process.exit(0);
});
process.stdin.on('data', (chunk) => reader.push(chunk));
say('ready');
`;

type Said = unknown;

async function start(t: Test, script = parrot) {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-worker-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'worker.mjs');
  await writeFile(program, script);
  const logger = pino({ enabled: false });
  const worker = new WorkerProcess<unknown, Said>({
    name: 'parrot',
    program,
    stop: 'stop',
    finishTime: 10_000,
    logger,
  });
  t.teardown(() => worker.close());
  const said: Said[] = [];
  worker.observer.on('message', (message) => said.push(message));
  const heard = async (count: number) => {
    while (said.length < count) await once(worker.observer, 'message');
  };
  return { worker, said, heard };
}

t.test('messages there and back, whatever their size, and an end that is waited for', async (t) => {
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

t.test('one that dies is replaced, and says so again', async (t) => {
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
});

t.test('closed while it is being replaced', async (t) => {
  const { worker, said, heard } = await start(t);
  await heard(1);
  const lost = once(worker.observer, 'lost');
  worker.send('die');
  await lost;
  await worker.close();
  t.equal(worker.pid, undefined);
  t.same(said, ['ready']);
});
