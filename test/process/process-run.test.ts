import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { OutputLog } from '../../src/process/output-log.ts';
import { ProcessRun } from '../../src/process/process-run.ts';
import { HeldClock } from '../clock/held-clock.ts';

function run(args: readonly string[]) {
  const clock = new HeldClock();
  const output = new OutputLog(undefined, clock);
  return {
    clock,
    output,
    run: new ProcessRun(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], output, clock }),
  };
}

t.test('a run leaves no timer', async (t) => {
  const { run: child, output, clock } = run(['-e', 'console.log("out"); console.error("err")']);
  const [stdout] = await Promise.all([text(child.readable(1) as Readable), child.drained]);
  t.match(await child.ended, { code: 0 });
  t.equal(stdout, 'out\n');
  t.same(output.lastLines, ['err']);
  t.equal(clock.pending, 0);
});

t.test('a program that the system refuses to start ends with the reason', async (t) => {
  const { run: child } = run(['-e', '', 'x'.repeat(4 * 1024 * 1024)]);
  t.equal(child.pid, undefined);
  t.match(await child.ended, { error: { code: 'E2BIG' } });
  child.signal('SIGKILL');
  t.equal(child.readable(1), undefined);
});
