import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { Ffmpeg } from '../../src/ffmpeg/ffmpeg.ts';
import { isAlive } from '../child-processes.ts';
import { HeldClock } from '../clock/held-clock.ts';

const copy = ['-f', 's16le', '-ar', '48000', '-ac', '1', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'];

t.test('all output is read after the end of the input', async (t) => {
  const clock = new HeldClock();
  const ffmpeg = new Ffmpeg(copy, clock);
  const output = buffer(ffmpeg.stdout);
  ffmpeg.stdin.write(Buffer.alloc(9600, 1));
  t.match(await ffmpeg.finish(), { code: 0 });
  t.equal((await output).length, 9600);
  t.equal(clock.pending, 0, 'nothing is left to do');
});

t.test('one that does not end is killed', async (t) => {
  const clock = new HeldClock();
  const ffmpeg = new Ffmpeg(copy, clock);
  ffmpeg.stdin.write(Buffer.alloc(1_000_000, 1));
  await once(ffmpeg.stdout, 'data');
  process.kill(ffmpeg.pid ?? 0, 'SIGSTOP');
  const finished = ffmpeg.finish();
  t.equal(ffmpeg.finish(), finished, 'asked once');
  clock.advance(17_999);
  t.ok(isAlive(ffmpeg.pid ?? 0));
  clock.advance(1);
  t.match(await finished, { signal: 'SIGKILL' });
});

t.test('one that ends by itself says why', async (t) => {
  const ffmpeg = new Ffmpeg(['-i', '/nowhere', '-f', 'null', '-'], new HeldClock());
  ffmpeg.stdin.write(Buffer.alloc(100_000));
  t.match(await ffmpeg.ended, { code: /^[1-9]/ });
  t.match(ffmpeg.lastLines, [/nowhere: No such file or directory/]);
  t.match(await ffmpeg.kill(), { code: /^[1-9]/ }, 'again: nothing happens');
});
