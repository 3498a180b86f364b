import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import t from 'tap';
import { MessageReader, messageOutput, ping } from '../../src/process/message-framing.ts';

/** Resolves with what the worker said before it has sent a ping back. */
function untilPing(worker: ChildProcess): Promise<unknown[]> {
  return new Promise((resolve) => {
    const said: unknown[] = [];
    const reader = new MessageReader<unknown>(
      (message) => said.push(message),
      () => resolve(said),
    );
    (worker.stdio[messageOutput] as Readable).on('data', (chunk: Buffer) => reader.push(chunk));
  });
}

for (const name of ['composer', 'track-recorder']) {
  t.test(`the ${name} sends pings back, and ends with the channel`, async (t) => {
    const main = resolve(import.meta.dirname, `../../workers/${name}/main.ts`);
    const worker = spawn(process.execPath, [main], { stdio: ['pipe', 'inherit', 'inherit', 'pipe'] });
    t.teardown(() => worker.kill('SIGKILL'));
    const exited = once(worker, 'exit');
    worker.stdin?.write(ping);
    t.match(await untilPing(worker), [{ type: 'ready' }]);
    worker.stdin?.end();
    t.same(await exited, [0, null]);
  });
}
