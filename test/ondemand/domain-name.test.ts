import t from 'tap';
import { readDomain } from '../../src/ondemand/domain-name.ts';

t.test('docs/contracts/jod.md 1: a domain is a host name or an address', async (t) => {
  const read = [' Call.MyJitsiDomain.COM. ', 'localhost', '10.0.0.5', '2001:DB8::1', 'a-b.c', 'xn--bcher-kva.example'];
  t.strictSame(read.map(readDomain), [
    'call.myjitsidomain.com',
    'localhost',
    '10.0.0.5',
    '2001:db8::1',
    'a-b.c',
    'xn--bcher-kva.example',
  ]);
  const long = `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(61);
  t.equal(readDomain(long), long, '253 characters');
  const wrong = [
    '',
    '.',
    'a..b',
    'a..',
    'https://a',
    'a/b',
    'a:80',
    'a b',
    'a_b',
    'bücher.de',
    'a\n',
    `${long}a`,
    'a'.repeat(64),
  ];
  t.strictSame(
    wrong.filter((text) => readDomain(text) !== undefined),
    ['a\n'],
    'but blanks around it do not matter',
  );
});
