import t from 'tap';
import { Secret } from '../../../src/config/secret.ts';
import { StartError } from '../../../src/error/start-error.ts';
import { parseMailServer } from '../../../src/scheduling/mail/mail-server-address.ts';

const parse = (url: string) => parseMailServer(new Secret(url));

t.test('the parts of a URL', async (t) => {
  const certified = { rejectUnauthorized: true };
  t.strictSame(parse('smtp://mail.example.org'), {
    ...{ host: 'mail.example.org', port: 25, secure: false, ignoreTLS: false, requireTLS: false, tls: certified },
  });
  t.strictSame(parse('smtps://meet%40example.org:p%3Ass%25@mail.example.org'), {
    ...{ host: 'mail.example.org', port: 465, secure: true, ignoreTLS: false, requireTLS: true, tls: certified },
    auth: { user: 'meet@example.org', pass: 'p:ss%' },
  });
  t.match(parse('smtp://[2001:db8::1]:587/'), { host: '2001:db8::1', port: 587 });
  t.match(parse('smtp://x?tls.rejectUnauthorized=false'), { tls: { rejectUnauthorized: false } });
});

t.test('a password does not leave the machine in the clear, unless that is wanted', async (t) => {
  const rows = [
    ['smtp://u:p@mail.example.org', true],
    ['smtp://u:p@mail.example.org?requireTLS=false', false],
    ['smtp://u:p@mail.example.org?ignoreTLS=true', false],
    ['smtp://u:p@localhost', false],
    ['smtp://u:p@127.0.0.2', false],
    ['smtp://u:p@[::1]', false],
    ['smtp://127.0.0.1?requireTLS=true', true],
  ] as const;
  for (const [url, required] of rows) t.equal(parse(url).requireTLS, required, url);
});

t.test('what cannot be read is told without the URL', async (t) => {
  const urls = [
    ...['', 'mail.example.org', 'http://mail.example.org', 'smtp:', 'smtp://', 'direct:', 'smtp://u:topsecret@'],
    ...['smtp://x?pool=true', 'smtp://x?requireTLS=yes', 'smtp://x?logger=true', 'smtp://u:topsecret%@x'],
  ];
  for (const url of urls) {
    t.throws(() => parse(url), StartError, url);
    try {
      parse(url);
    } catch (error) {
      t.notMatch(String(error), /topsecret/);
    }
  }
});
