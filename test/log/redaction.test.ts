import t from 'tap';
import { redactParameters } from '../../src/log/parameter-secrets.ts';
import { isSecretField, redactText, redactValue } from '../../src/log/redaction.ts';
import { redactUrls } from '../../src/log/url-secrets.ts';

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
    ['rtsp://admin:p/a?s#s@cam/1 failed', 'rtsp://[secret]@cam/1 failed'],
    ['rtsp://admin:12/34@cam/1', 'rtsp://[secret]@cam/1'],
    ['"rtsp://admin:p"w@cam/1"', '"rtsp://[secret]@cam/1"'],
    ['{"a":"http://h:80","b":"x@y"}', '{"a":"http://h:80","b":"x@y"}'],
    ['rtmp://host/KEY', 'rtmp://host/[secret]'],
    ['rtmp://host/KEY?a=b', 'rtmp://host/[secret]'],
    ['rtmp://host/app/one/KEY', 'rtmp://host/app/[secret]'],
    ['rtmp://host?key=KEY', 'rtmp://host[secret]'],
    ['https://hooks.slack.com/services/T0/B0/KEY', 'https://hooks.slack.com/[secret]'],
    ['https://discord.com/api/webhooks/1/KEY?wait=1', 'https://discord.com/api/webhooks/[secret]'],
    ['https://backend.example/callback/KEY', 'https://backend.example/callback/[secret]'],
    ['https://api.example/bot1:AAHfiqksKZ8WmR2zSjiQ7_/send', 'https://api.example/[secret]'],
    ['https://h/signed-in?code=abc&state=1', 'https://h/signed-in?code=[secret]&state=1'],
    ['https://h/#access_token=abc', 'https://h/#access_token=[secret]'],
    ['password=abc, code=5', 'password=[secret] code=5'],
    ['https%3A%2F%2Fu%3Apw%40host%2Fx', 'https://[secret]@host/x'],
    ['http://h/p?u=rtsp%3a%2f%2fu%3apw%40cam&x=2', 'http://h/p?u=rtsp://[secret]@cam&x=2'],
    ['rtmp%253A%252F%252Fh%252Fapp%252FKEY', 'rtmp://h/app/[secret]'],
    ['http://h/?%74oken=abc', 'http://h/?token=[secret]'],
    ['http://h/p?next=http%3A%2F%2Fx%2Fy', 'http://h/p?next=http%3A%2F%2Fx%2Fy'],
    ['http://h/room/5f0c7f5e-6d3f-4b2c-9a53-0d6c1a1f8f4e', 'http://h/room/5f0c7f5e-6d3f-4b2c-9a53-0d6c1a1f8f4e'],
  ];
  for (const [text, expected] of cases) t.equal(redactText(text), expected);
});

t.test('a secret field is recognised in any spelling', async (t) => {
  for (const name of [
    'token',
    'streamKey',
    'stream_key',
    'Stream-Key',
    'AUTHORIZATION',
    'secretAccessKey',
    'refreshToken',
  ]) {
    t.ok(isSecretField(name), name);
  }
  for (const name of ['roomId', 'trackId', 'keyframes', 'tokens']) t.notOk(isSecretField(name), name);
});

t.test('secrets at any depth are redacted in a copy', async (t) => {
  const original = { a: [{ password: 'x', n: 1 }], b: null };
  t.same(redactValue(original), { a: [{ password: '[secret]', n: 1 }], b: null });
  t.same(original, { a: [{ password: 'x', n: 1 }], b: null });
});

t.test('the time to redact is linear in the length of the text', async (t) => {
  const pieces = [
    'a',
    'a://',
    'a:1://',
    'a://b:c@',
    'a://b:c"',
    '?a=',
    '&token=x',
    'bearer ',
    'eyJ-',
    'eyJa.',
    '%41',
    'a %25 ',
    'rtmp://h/a/',
    'http://a/hook',
    '"',
    '/',
    '@',
    '.',
  ];
  for (const piece of pieces) {
    for (const redact of [redactText, redactUrls, redactParameters]) {
      const cpu = (length: number) => {
        const text = piece.repeat(length / piece.length);
        const before = process.threadCpuUsage();
        redact(text);
        const { user, system } = process.threadCpuUsage(before);
        return (user + system) / 1000;
      };
      cpu(50_000);
      const [once, twice] = [cpu(200_000), cpu(400_000)];
      t.ok(twice < 3 * once + 50, `${redact.name} ${piece}`, { once, twice });
    }
  }
});

t.test('what is too long, too much or too deep is cut', async (t) => {
  const text = 'word '.repeat(100_000);
  t.match(redactText(text), /^(word )+.*… \(500000 characters\)$/);
  t.ok(redactText(text).length < 9000);
  t.notMatch(redactText(`rtsp://u:${'x'.repeat(100_000)}@cam`), /x/, 'and shows no part of a secret');
  let deep: unknown = 'x';
  for (let level = 0; level < 20_000; level += 1) deep = [deep];
  t.ok(JSON.stringify(redactValue(deep)).length < 100);
  t.match(redactValue(Array(1000).fill(1)), { 100: '… (1000 items)' });
  const members = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`m${index}`, 1]));
  t.equal(Object.keys(redactValue(members) as object).length, 101);
});
