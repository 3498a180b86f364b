import t from 'tap';
import { formatNameAddress, parseNameAddress } from '../../../../src/component/sip/message/name-address.ts';

t.test('display name, URI and parameters are taken apart and put together again', async (t) => {
  const texts = [
    '<sip:a@example.org>',
    '"Alice \\"A\\", the \\\\" <sip:a@example.org;x=1>;tag=1',
    '<tel:+49-30-1>;tag=a;b="c d"',
    '<sip:a@[2001:db8::1]>;received=2001:db8::2;lr',
    '*',
  ];
  for (const text of texts) {
    const parsed = parseNameAddress(text);
    t.equal(parsed && formatNameAddress(parsed), text);
  }
  t.match(parseNameAddress(' Anna  Lena\t<sip:a@b> '), { displayName: 'Anna Lena', uri: 'sip:a@b' });
  t.match(parseNameAddress('""<sip:a@b>'), { displayName: undefined, uri: 'sip:a@b' });
});

t.test('without brackets the parameters belong to the header', async (t) => {
  const parsed = parseNameAddress('sip:a@b ; tag = x');
  t.equal(parsed?.uri, 'sip:a@b');
  t.equal(parsed?.parameters.get('tag'), 'x');
});

t.test('a parameter counts once, in any case', async (t) => {
  t.strictSame([...(parseNameAddress('<sip:a@b>;TAG=1;tag=2')?.parameters ?? [])], [['tag', '1']]);
  t.equal(parseNameAddress('<sip:a@b>;__proto__=1')?.parameters.get('__proto__'), '1');
});
