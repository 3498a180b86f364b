import t from 'tap';
import { FrameworkError } from '../../src/api/framework-error.ts';
import { checkEncoding, JsonBody, parseEncoded, readMultipartBody } from '../../src/api/request-body.ts';

t.test('JSON bodies are parsed', async (t) => {
  t.same(new JsonBody('{"a":1}').members(), { a: 1 });
  t.same(new JsonBody('').members(), {});
  for (const text of ['[]', '5', '"a"', 'null', 'false', '[1.0]']) t.same(new JsonBody(text).members(), {}, text);
  t.throws(() => new JsonBody('{'), new FrameworkError(400));
  t.equal(new JsonBody('{"_method":"PUT"}').method, 'PUT');
  t.equal(new JsonBody('["_method"]').method, undefined);
  t.equal(String(new JsonBody('{"a":60.0}').members().a), '60.0');
  t.equal(new JsonBody('{"a":"60.0"}').members().a, '60.0', 'texts stay texts');
  t.equal(
    String((new JsonBody('{"a":{"b":[1e2]}}').members() as { a: { b: unknown[] } }).a.b[0]),
    '100.0',
    'at any depth',
  );
});

t.test('JSON that nests too deeply is refused', async (t) => {
  const nested = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  t.same(Object.keys(new JsonBody(`${nested}}`).members()), ['a']);
  t.throws(() => new JsonBody(`${nested},"b":1.5}`).members(), new FrameworkError(400));
});

t.test('encoded names and values are decoded', async (t) => {
  t.same(parseEncoded('a=1&b=x%20y+z&c'), { a: '1', b: 'x y z', c: '' });
  t.same(parseEncoded('a=1&a=2'), { a: '2' }, 'the last one counts');
  t.same(parseEncoded('o[a]=1&o[b][c]=2&l[]=3&l[]=4'), { o: { a: '1', b: { c: '2' } }, l: ['3', '4'] });
  t.same(parseEncoded('__proto__[a]=1'), {});
});

t.test('invalid UTF-8 is refused', async (t) => {
  for (const text of ['', 'a=b', 'a=%C3%A4', 'a=%', 'a=%zz', Buffer.from('a=ä').toString('latin1')]) {
    t.doesNotThrow(() => checkEncoding(text), text);
  }
  for (const text of ['%ff', 'a=%C3%28', '\xff', '\xc3%28'])
    t.throws(() => checkEncoding(text), new FrameworkError(415), text);
});

t.test('multipart bodies are parsed', async (t) => {
  const type = 'multipart/form-data; boundary=xyz';
  const part = (name: string, value: string | Buffer, more = '') =>
    Buffer.concat([
      Buffer.from(`--xyz\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`),
      Buffer.from(value as string),
      Buffer.from('\r\n'),
    ]);
  const end = Buffer.from('--xyz--\r\n');
  const whole = Buffer.concat([part('type', 'webrtc'), part('options[enableSimulcast]', 'ä & ö'), end]);
  t.same((await readMultipartBody(whole, type)).members(), { type: 'webrtc', options: { enableSimulcast: 'ä & ö' } });
  const file = Buffer.concat([part('file', Buffer.from([255]), '; filename="a.bin"'), part('a', 'b'), end]);
  t.same((await readMultipartBody(file, type)).members(), { a: 'b' }, 'files are left out');
  await t.rejects(
    readMultipartBody(Buffer.concat([part('a', Buffer.from([255])), end]), type),
    new FrameworkError(415),
  );
  await t.rejects(readMultipartBody(Buffer.from('nonsense'), type), new FrameworkError(400));
  await t.rejects(readMultipartBody(whole, 'multipart/form-data'), new FrameworkError(400), 'without a boundary');
});
