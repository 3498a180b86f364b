import t from 'tap';
import { isSecretField, redactText, redactValue } from '../../src/log/redaction.ts';

t.test('secrets in a text are redacted', async (t) => {
  const cases: [string, string][] = [
    ['rtsp://user:pa@ss@cam.local:554/1', 'rtsp://[secret]@cam.local:554/1'],
    ['rtmps://live.example:443/app/key-1?x=y', 'rtmps://live.example:443/app/[secret]'],
    ['http://h/p?a=1&access_token=abc&b=2', 'http://h/p?a=1&access_token=[secret]&b=2'],
    ['https://h/p?X-Amz-Signature=abc', 'https://h/p?X-Amz-Signature=[secret]'],
    ['got Bearer abcdef123', 'got Bearer [secret]'],
    ['token eyJhbGciOi.eyJzdWIi.c2ln!', 'token [secret]!'],
    ['mail me@example.com about http://h/@x', 'mail me@example.com about http://h/@x'],
    ['nothing to hide', 'nothing to hide'],
  ];
  for (const [text, expected] of cases) t.equal(redactText(text), expected);
});

t.test('a secret field is recognised in any spelling', async (t) => {
  for (const name of ['token', 'streamKey', 'stream_key', 'Stream-Key', 'AUTHORIZATION', 'secretAccessKey']) {
    t.ok(isSecretField(name), name);
  }
  for (const name of ['roomId', 'trackId', 'keyframes', 'tokens']) t.notOk(isSecretField(name), name);
});

t.test('secrets at any depth are redacted in a copy', async (t) => {
  const original = { a: [{ password: 'x', n: 1 }], b: null };
  t.same(redactValue(original), { a: [{ password: '[secret]', n: 1 }], b: null });
  t.same(original, { a: [{ password: 'x', n: 1 }], b: null });
});
