import t from 'tap';
import { parseMailbox } from '../../../src/scheduling/mail/mailbox.ts';

t.test('a mailbox is an address, with or without a name', async (t) => {
  const rows: readonly (readonly [text: string, name: string, address: string])[] = [
    ['meet@example.org', '', 'meet@example.org'],
    [' <meet@example.org> ', '', 'meet@example.org'],
    ['Conferences <meet@example.org>', 'Conferences', 'meet@example.org'],
    ['"Müller, A. \\"B\\"" <m.u+x@example.org>', 'Müller, A. "B"', 'm.u+x@example.org'],
    ['meet@localhost', '', 'meet@localhost'],
    ['meet@[192.0.2.1]', '', 'meet@[192.0.2.1]'],
    ['meet@[IPv6:2001:db8::1]', '', 'meet@[IPv6:2001:db8::1]'],
  ];
  for (const [text, name, address] of rows) t.strictSame(parseMailbox(text), { name, address }, text);
});

t.test('other texts are none', async (t) => {
  const texts = [
    ...['', 'meet', '@example.org', 'meet@', 'a@b, c@d', '<a@b> <c@d>', 'A <a b@c>', 'a@b <c@d', 'group: a@b;'],
    ...['ä@example.org', 'a@bücher.example', 'A <a@b>\r\nBcc: c@d', 'a@b\r\nc', 'a@b c@d', `${'x'.repeat(65)}@b`],
  ];
  for (const text of texts) t.equal(parseMailbox(text), undefined, text);
});
