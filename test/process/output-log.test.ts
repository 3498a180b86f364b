import { PassThrough } from 'node:stream';
import t from 'tap';
import { createLogger } from '../../src/log/logger.ts';
import { OutputLog } from '../../src/process/output-log.ts';
import { HeldClock } from '../clock/held-clock.ts';

t.test('the last lines are kept, and logged lines are limited per second', async (t) => {
  const written: { message: string; metadata: { line?: string; lines?: number } }[] = [];
  const logger = createLogger(
    { level: 'debug', structured: true },
    { write: (line) => written.push(JSON.parse(line)) },
  );
  const clock = new HeldClock(5000);
  const output = new OutputLog(logger, clock, 3);
  const stream = new PassThrough();
  output.follow(stream);
  stream.write(Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join(''));
  await new Promise(setImmediate);
  t.same(output.lastLines, ['line 27', 'line 28', 'line 29']);
  t.equal(written.length, 20);
  clock.advance(1000);
  stream.write('later\n');
  await new Promise(setImmediate);
  t.match(written.slice(20), [{ metadata: { lines: 10 } }, { metadata: { line: 'later' } }]);
  output.reset();
  t.same(output.lastLines, []);
});
