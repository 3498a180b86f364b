import { globSync } from 'node:fs';
import t from 'tap';

/** Maximum time of a file, in ms. */
const timeout = 900_000;
/** Files that run at the same time. */
const jobs = 2;

/**
 * Every test file, for `npm test`: each in a process of its own, without the hooks by which the runner follows imports and children. Nothing
 * here needs them, and they cost up to a second of processor time per file, and again in every Node.js that a test starts.
 */
t.jobs = jobs;
// Each process would compile the server again, which takes it a second.
const cache = `NODE_COMPILE_CACHE=${new URL('../node_modules/.cache/node', import.meta.url).pathname}`;
const files = globSync('**/*.test.ts', { cwd: import.meta.dirname }).sort();
for (const file of files) {
  const name = `test/${file}`;
  const run = ['-u', 'NODE_OPTIONS', cache, process.execPath, name];
  void t.spawn('env', run, { cwd: new URL('..', import.meta.url).pathname, buffered: true, timeout }, name);
}
