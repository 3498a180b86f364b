import t from 'tap';
import { CommandError, runCommand } from '../../../workers/mediasoup/command.mjs';

const node = (script: string, options = {}) => runCommand(process.execPath, ['-e', script], options);

t.test('lines of both outputs are read, and the program can read its input', async (t) => {
  const lines: string[] = [];
  const script = 'process.stdin.pipe(process.stdout); console.error("warned")';
  const tail = await node(script, { input: 'said\n', onLine: (line: string) => void lines.push(line) });
  t.same(lines.toSorted(), ['said', 'warned']);
  t.same(tail.toSorted(), lines.toSorted());
});

t.test('a failure has the exit code and the last lines of output', async (t) => {
  const failing = node('for (let i = 1; i <= 300; i++) console.log("line " + i); process.exitCode = 3');
  await t.rejects(failing, { message: /ended with exit code 3:\nline 101\n[\s\S]*line 300$/ });
  await t.rejects(failing, CommandError);
});

t.test('a signal is reported', async (t) => {
  await t.rejects(node('process.kill(process.pid, "SIGKILL")'), { message: /ended with SIGKILL/ });
});

t.test('a program that does not exist is reported', async (t) => {
  await t.rejects(runCommand('/nowhere/program', ['x']), { message: /^`\/nowhere\/program x` could not be started/ });
});
