import { Readable } from 'node:stream';
import { pino } from 'pino';
import t from 'tap';
import { ProcessError } from '../../src/process/process-error.ts';
import { SupervisedProcess } from '../../src/process/supervised-process.ts';
import { throughProcess } from '../../src/process/through-process.ts';

const logger = pino({ enabled: false });
const never = new AbortController().signal;

function node(script: string): SupervisedProcess {
  const options = { name: 'filter', program: process.execPath, args: ['-e', script], logger };
  return new SupervisedProcess({ ...options, stdin: 'pipe', stdout: 'pipe', stopSignal: 'SIGKILL' });
}

const copy = 'process.stdin.pipe(process.stdout)';
const blocks = (count: number) => Readable.from(Array.from({ length: count }, () => Buffer.alloc(65_536, 1)));

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}

t.test('everything passes through, even to a slow reader', async (t) => {
  const supervised = node(copy);
  let bytes = 0;
  for await (const chunk of throughProcess(supervised, blocks(50), never)) {
    bytes += chunk.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(bytes, 50 * 65_536);
  t.notOk(supervised.running);
});

t.test('what the process writes at its end is read, too', async (t) => {
  const supervised = node('process.stdout.write(Buffer.alloc(60000), () => process.exit())');
  t.equal(await bytesOf(throughProcess(supervised, blocks(0), never)), 60_000);
});

t.test('a process that fails or does not start is an error', async (t) => {
  const failing = throughProcess(node('console.error("no such codec"); process.exit(3)'), blocks(50), never);
  await t.rejects(bytesOf(failing), ProcessError);
  const options = { name: 'filter', program: 'no-such-program', args: [], logger };
  const missing = new SupervisedProcess({ ...options, stdin: 'pipe', stdout: 'pipe' });
  await t.rejects(bytesOf(throughProcess(missing, blocks(1), never)), { message: /not installed/ });
});

t.test('a process that stops reading and exits with 0 is not an error', async (t) => {
  t.equal(await bytesOf(throughProcess(node('process.exit(0)'), blocks(50), never)), 0);
});

t.test('a source that fails ends the process', async (t) => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(10);
    throw new RangeError('broken file');
  }
  const supervised = node(copy);
  await t.rejects(bytesOf(throughProcess(supervised, broken(), never)), { message: 'broken file' });
  t.notOk(supervised.running);
});

t.test('a reader that stops ends process and source', async (t) => {
  let ended = false;
  async function* endless(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield Buffer.alloc(1000);
    } finally {
      ended = true;
    }
  }
  const supervised = node(copy);
  for await (const _chunk of throughProcess(supervised, endless(), never)) break;
  t.ok(ended);
  t.notOk(supervised.running);
});

t.test('the signal ends a silent process', async (t) => {
  const stopping = new AbortController();
  const supervised = node('setInterval(() => {}, 1e6)');
  const reading = bytesOf(throughProcess(supervised, blocks(50), stopping.signal));
  supervised.once('started', () => stopping.abort());
  t.equal(await reading, 0);
  t.notOk(supervised.running);
  await t.rejects(bytesOf(throughProcess(node(copy), blocks(1), stopping.signal)), { name: 'AbortError' });
});
