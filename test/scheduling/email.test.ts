import t from 'tap';
import { isEmail } from '../../src/scheduling/email.ts';

t.test('e-mail addresses as PHP takes them', async (t) => {
  const valid = [
    ...['a@b.de', 'A.B+c@x.example', 'a@b-c.de', '1@2.example', "o'brien@example.org", 'a@xn--mnchen-3ya.de'],
    ...['"quoted"@example.org', '!#$%&*+-/=?^_`{|}~@example.org', `${'a'.repeat(64)}@example.org`, 'a@b.c2'],
    `a@${'b'.repeat(63)}.${'c'.repeat(63)}.de`,
  ];
  const invalid = [
    ...[
      '',
      '@',
      'a',
      'a@',
      '@b.de',
      'a@b',
      'a@localhost',
      'ä@b.de',
      'a@ä.de',
      ' a@b.de',
      'a@b.de ',
      'a b@c.de',
      '"a b"@c.de',
    ],
    ...[
      '.a@b.de',
      'a.@b.de',
      'a..b@c.de',
      'a@b..de',
      'a@.de',
      'a@b.de.',
      'a@-b.de',
      'a@b-.de',
      'a@b_c.de',
      'a@1.2.3.4',
      'a@[1.2.3.4]',
    ],
    ...[
      'a@b@c.de',
      'a@b.de\n',
      'a@b.de\r\nBcc: x@y.de',
      'a\0@b.de',
      '<a@b.de>',
      'a,b@c.de',
      'a@b.de,c@d.de',
      '"a"b"@c.de',
      '"@c.de',
    ],
    ...[`${'a'.repeat(65)}@example.org`, `a@${'b'.repeat(64)}.de`, `a@${'b.'.repeat(126)}de`],
  ];
  for (const text of valid) t.equal(isEmail(text), true, text);
  for (const text of invalid) t.equal(isEmail(text), false, JSON.stringify(text));
});
