import t from 'tap';
import { dialTarget } from '../../../../src/component/sip/call/dial-target.ts';

t.test('a number is called at the domain of the account', async (t) => {
  t.equal(dialTarget('+48123', { domain: 'example.org:5070' }), 'sip:+48123@example.org:5070');
  t.equal(dialTarget('123', { domain: 'example.org', secure: true }), 'sips:123@example.org');
});

t.test('an address is called as it is, without headers', async (t) => {
  t.equal(dialTarget('room@example.org', {}), 'sip:room@example.org');
  t.equal(dialTarget('sips:room@example.org;transport=tcp?Subject=x', {}), 'sips:room@example.org;transport=tcp');
  t.equal(dialTarget('sip:[2001:db8::1]:5070', { domain: 'example.org' }), 'sip:[2001:db8::1]:5070');
});

t.test('anything else is refused', async (t) => {
  for (const number of ['', '+', '12a', '12 3', '1'.repeat(65), 'a\r\nb', 'tel:+48123']) {
    t.throws(() => dialTarget(number, { domain: 'example.org' }), { code: 'bad_number' }, number);
  }
  t.throws(() => dialTarget('123', {}), { code: 'bad_number' });
  for (const address of ['sip:', 'a@', 'a b@example.org', 'a@example.org\r\nX: y', 'sip:a@b@c', 'a@b:0']) {
    t.throws(() => dialTarget(address, {}), { code: 'bad_address' }, address);
  }
});
