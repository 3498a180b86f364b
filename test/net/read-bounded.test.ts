import { PassThrough } from 'node:stream';
import t from 'tap';
import { readBounded } from '../../src/net/read-bounded.ts';

t.test('a short body is read to its end', async (t) => {
  const body = new PassThrough();
  body.write('abc');
  body.end('def');
  t.strictSame(await readBounded(body, 6, 60_000), { bytes: Buffer.from('abcdef'), truncated: false });
});

t.test('a body that is too long is truncated', async (t) => {
  const body = new PassThrough();
  body.write('abc');
  body.write('defg');
  t.strictSame(await readBounded(body, 6, 60_000), { bytes: Buffer.from('abcdef'), truncated: true });
  t.ok(body.destroyed);
});

t.test('a body that takes too long is truncated', async (t) => {
  const body = new PassThrough();
  body.write('abc');
  t.strictSame(await readBounded(body, 6, 20), { bytes: Buffer.from('abc'), truncated: true });
  t.ok(body.destroyed);
});

t.test('what came before a body was cut off is kept', async (t) => {
  const body = new PassThrough();
  body.write('abc');
  const reading = readBounded(body, 6, 60_000);
  setImmediate(() => body.destroy(new Error('broken')));
  t.strictSame(await reading, { bytes: Buffer.from('abc'), truncated: true });
});
