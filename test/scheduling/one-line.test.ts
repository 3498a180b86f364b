import t from 'tap';
import { oneLine } from '../../src/scheduling/one-line.ts';

t.test('a text of a stranger is one line', async (t) => {
  const rows: readonly (readonly [text: string, line: string])[] = [
    ['Planning', 'Planning'],
    [' a \t b\u00a0 c ', 'a b c'],
    ['x\r\nBcc: y@example.org', 'x Bcc: y@example.org'],
    ['x\u2028y\u2029z\u0085\0', 'x y z'],
    ['\u202eevil\u202c \u2067x\u2069', 'evil x'],
    ['اجتماع 😀', 'اجتماع 😀'],
    ['\ud83d', '\ufffd'],
    ['\r\n', ''],
    ['', ''],
  ];
  for (const [index, [text, line]] of rows.entries()) t.equal(oneLine(text, 200), line, `row ${index}`);
});

t.test('a long one is cut between characters', async (t) => {
  t.equal(oneLine('x'.repeat(10), 10), 'x'.repeat(10));
  t.equal(oneLine('x'.repeat(11), 10), `${'x'.repeat(9)}…`);
  t.equal(oneLine('😀'.repeat(1_000_000), 10), `${'😀'.repeat(9)}…`);
  t.equal(oneLine(`${' '.repeat(30)}abc`, 10), 'abc');
});
