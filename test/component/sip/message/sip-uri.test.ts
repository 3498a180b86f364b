import t from 'tap';
import {
  equalSipUris,
  escapeUser,
  formatSipUri,
  parseHost,
  parseSipUri,
  plainUser,
} from '../../../../src/component/sip/message/sip-uri.ts';

t.test('a URI is taken apart and put together again', async (t) => {
  const uri = parseSipUri('SIPS:al%20ice:pass@Example.ORG:5061;transport=TCP;lr?subject=a%20b&x=1');
  t.match(uri, {
    scheme: 'sips',
    user: 'al%20ice:pass',
    host: 'example.org',
    port: 5061,
    headers: 'subject=a%20b&x=1',
  });
  t.strictSame(
    [...(uri?.parameters ?? [])],
    [
      ['transport', 'TCP'],
      ['lr', undefined],
    ],
  );
  const texts = [
    'sip:example.org',
    'sip:a@192.0.2.1:5060',
    'sip:+49(30)1-2@example.org;user=phone',
    'sip:[2001:db8::1]:5060;lr',
    "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
  ];
  for (const text of texts) {
    const parsed = parseSipUri(text);
    t.equal(parsed && formatSipUri(parsed), text);
  }
});

t.test('what is no SIP URI is undefined', async (t) => {
  const texts = [
    ...['', 'sip:', 'sip:@a', 'sip:a@', 'sip:a@b@c', 'tel:+49', 'sip:a b@c', 'sip:a@b c', 'sip:a@b;', 'sip:a@b;=1'],
    ...['sip:a@b:0', 'sip:a@b:65536', 'sip:a@b:', 'sip:a@[::1', 'sip:a@[1::2::3]', 'sip:a@::1', 'sip:%4@b', 'sip:a@b?'],
    ...['sip:a@b\r\nc', 'sip:a\u0000@b', `sip:a@${'b'.repeat(300)}`, 'sip:a@b,c', 'sip:"a"@b', 'sip:<a>@b', 'sip:ä@b'],
  ];
  for (const text of texts) t.equal(parseSipUri(text), undefined, JSON.stringify(text));
});

t.test('a host has a form that fits into a URI', async (t) => {
  t.strictSame(parseHost('Example.org:5080'), { host: 'example.org', port: 5080 });
  t.strictSame(parseHost('[::1]'), { host: '::1' });
  for (const text of ['', 'a:b', 'a:', 'a;b', 'a/b', '-', ':5060', '::1', 'a b'])
    t.equal(parseHost(text), undefined, text);
});

t.test('any text can be a user', async (t) => {
  const user = 'a@b\r\n<"%ä;x=+,?/&$';
  const uri = parseSipUri(`sip:${escapeUser(user)}@example.org`);
  t.equal(uri && plainUser(uri), user);
  t.equal(escapeUser('+49-30;x=1'), '+49-30;x=1', 'what needs no escape has none');
  t.ok(parseSipUri(`sip:${escapeUser('\ud800')}@example.org`));
  t.equal(plainUser({ scheme: 'sip', user: '%ff:secret', host: 'a', parameters: new Map() }), '%ff');
});

t.test('URIs are compared by their meaning, RFC 3261 section 19.1.4', async (t) => {
  const equal = (one: string, other: string) => {
    const [left, right] = [parseSipUri(one), parseSipUri(other)];
    return left && right && equalSipUris(left, right);
  };
  t.equal(equal('sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'), true);
  t.equal(equal('sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'), true);
  t.equal(equal('sip:ALICE@a.com', 'sip:alice@a.com'), false);
  t.equal(equal('sip:bob@a.com', 'sip:bob@a.com:5060'), false);
  t.equal(equal('sip:bob@a.com', 'sip:bob@a.com;transport=udp'), false);
  t.equal(equal('sip:bob@a.com', 'sips:bob@a.com'), false);
  t.equal(equal('sip:carol@a.com;security=on', 'sip:carol@a.com;security=off'), false);
  t.equal(equal('sip:a%3Bb@a.com', 'sip:a;b@a.com'), false);
});
