import { execFile } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { processMemory } from '../../src/process/process-memory.ts';

t.test('memory is measured with that of all descendants', async (t) => {
  t.ok((await processMemory(process.pid)) > 10_000_000);
  const large = 'const large = Buffer.alloc(2e8, 1); console.log("grown"); setInterval(() => large, 1e6)';
  const child = execFile(process.execPath, ['-e', large]);
  t.teardown(() => child.kill('SIGKILL'));
  if (child.stdout) await once(child.stdout, 'data');
  t.ok((await processMemory(child.pid ?? 0)) > 200_000_000);
  t.ok((await processMemory(process.pid)) > 210_000_000);
});

t.test('the code of a program, which its processes share, is not counted', async (t) => {
  const child = execFile(process.execPath, ['-e', 'console.log(process.memoryUsage.rss()); setInterval(() => 0, 1e6)']);
  t.teardown(() => child.kill('SIGKILL'));
  const [resident] = child.stdout ? await once(child.stdout, 'data') : [];
  t.ok((await processMemory(child.pid ?? 0)) < Number(resident) - 10_000_000);
});

t.test('a process that is gone has no memory', async (t) => {
  t.equal(await processMemory(2 ** 30), 0);
});
