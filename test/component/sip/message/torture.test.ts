// Messages after the ideas of RFC 4475, which tests how SIP parsers deal with what is allowed but rare, and with what is not allowed.
import t from 'tap';
import {
  contactsOf,
  fromTagOf,
  maxForwardsOf,
  routesOf,
  sequenceOf,
  toOf,
  toTagOf,
  viasOf,
} from '../../../../src/component/sip/message/header-values.ts';
import { parseDatagram } from '../../../../src/component/sip/message/parse-message.ts';
import type { SipMessage } from '../../../../src/component/sip/message/sip-message.ts';
import { parseSipUri, plainUser } from '../../../../src/component/sip/message/sip-uri.ts';

const usual = {
  via: 'Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKtorture',
  from: 'From: <sip:caller@example.net>;tag=341',
  to: 'To: <sip:user@example.com>',
  callId: 'Call-ID: torture@example.com',
  sequence: 'CSeq: 8 OPTIONS',
};

/** A message with the usual lines, some of them replaced or, by an empty text, left out. */
function message(
  given: Partial<typeof usual> & { start?: string; more?: readonly string[]; body?: string; bytes?: Encoding } = {},
): SipMessage | undefined {
  const { start = 'OPTIONS sip:user@example.com SIP/2.0', more = [], body = '', bytes = 'utf8', ...lines } = given;
  const all = [start, ...Object.values({ ...usual, ...lines }), ...more].filter((line) => line !== '');
  return parseDatagram(Buffer.from(`${all.join('\r\n')}\r\n\r\n${body}`, bytes));
}
type Encoding = 'utf8' | 'latin1';

const refused = { code: 'bad_message' };

t.test('blanks, folded lines, odd cases and short names', async (t) => {
  const parsed = message({
    start: 'INVITE sip:user@example.com;unknownparam SIP/2.0',
    via: 'v:  SIP  / 2.0\r\n / TCP     host1.example.com   ;\r\n  branch  =   z9hG4bK1 ,\r\n SIP /2.0/ UDP  192.0.2.1 ; branch=\r\n z9hG4bK2',
    from: 'F : "A \\\\\\" quoted" <sip:caller@example.net>\r\n  ;\r\n  tag = 98',
    to: 'TO :\r\n sip:user@example.com ;   tag    = 19n',
    callId: 'i: folded@example.com',
    sequence: 'cseq: 0009\r\n  INVITE',
    more: ['Max-Forwards: 0068', 'Subject:', 'unknown: ;;,,;;,;', 'm:"a \\"\\"" <sip:a@example.com>\r\n ;q = 0.33;p'],
  });
  t.match(parsed, { type: 'request', method: 'INVITE', uri: 'sip:user@example.com;unknownparam' });
  if (!parsed) return;
  const { headers } = parsed;
  t.strictSame(
    viasOf(headers)?.map(({ protocol, host, parameters }) => [protocol, host, parameters.get('branch')]),
    [
      ['TCP', 'host1.example.com', 'z9hG4bK1'],
      ['UDP', '192.0.2.1', 'z9hG4bK2'],
    ],
  );
  t.strictSame([fromTagOf(headers), toTagOf(headers), headers.get('call-id')], ['98', '19n', 'folded@example.com']);
  t.strictSame(sequenceOf(headers), { number: 9, method: 'INVITE' });
  t.equal(maxForwardsOf(headers), 68);
  t.equal(headers.get('subject'), '');
  t.match(contactsOf(headers), [{ displayName: 'a ""', uri: 'sip:a@example.com' }]);
  t.equal(contactsOf(headers)?.[0]?.parameters.get('q'), '0.33');
});

t.test('every character that a token or a user may have', async (t) => {
  const method = "!interesting-Method0123456789_*+`.%indeed'~";
  const user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
  const parsed = message({
    start: `${method} sip:${user}:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0`,
    via: "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
    callId: 'Call-ID: intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
    sequence: `CSeq: 139122385 ${method}`,
  });
  t.match(parsed, { method });
  const uri = parsed?.type === 'request' ? parseSipUri(parsed.uri) : undefined;
  t.equal(uri && plainUser(uri), user);
});

t.test('escapes in users and parameters stay as they are', async (t) => {
  const parsed = message({
    start: 'OPTIONS sip:sips%3Auser%40example.com@example.net;a%20b=c%0D SIP/2.0',
    to: 'To: sip:%75se%72%00@example.com',
  });
  const uri = parsed?.type === 'request' ? parseSipUri(parsed.uri) : undefined;
  t.equal(uri && plainUser(uri), 'sips:user@example.com');
  t.equal(parsed && toOf(parsed.headers)?.uri, 'sip:%75se%72%00@example.com');
});

t.test('a semicolon in the user, a display name that touches the bracket, and text beyond ASCII', async (t) => {
  const parsed = message({
    start: 'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0',
    from: 'From: Jürgen Groß<sip:caller@example.com>;tag=323',
    more: ['Route: <sip:services.example.com;lr;unknownwith=value;unknown-no-value>'],
  });
  t.match(parsed, { uri: 'sip:user;par=u%40example.net@example.com' });
  t.equal(parsed && fromTagOf(parsed.headers), '323');
  t.match(parsed && routesOf(parsed.headers), [
    { uri: 'sip:services.example.com;lr;unknownwith=value;unknown-no-value' },
  ]);
});

t.test('responses with and without a reason, in any language', async (t) => {
  const reason = '= 2**3 * 5**2 но сто девяносто девять - простое';
  t.match(message({ start: `SIP/2.0 200 ${reason}` }), { type: 'response', status: 200, reason });
  t.match(message({ start: 'SIP/2.0 100 ' }), { status: 100, reason: '' });
  t.match(message({ start: 'SIP/2.0 699' }), { status: 699, reason: '' });
});

t.test('long values, unknown schemes and headers, and a body of bytes', async (t) => {
  const long = 'long'.repeat(500);
  const parsed = message({
    start: `OPTIONS nobodyknowsthisscheme:opaque SIP/2.0`,
    from: `From: ${'A'.repeat(2000)} <sip:${long}@example.net>;p${long}=${long};tag=12`,
    more: [`Unknown-${long}: ${long}`, 'Content-Length: 4'],
    body: '\u0000\r\n\u0001rest that belongs to nothing',
  });
  t.match(parsed, { uri: 'nobodyknowsthisscheme:opaque' });
  t.equal(parsed && fromTagOf(parsed.headers), '12');
  t.strictSame(parsed?.body, Buffer.from('\u0000\r\n\u0001'));
});

t.test('empty lines before a message are skipped, and a datagram of nothing else is no message', async (t) => {
  t.ok(message({ start: '\r\n\r\nOPTIONS sip:user@example.com SIP/2.0' }));
  t.equal(parseDatagram(Buffer.from('\r\n\r\n')), undefined);
  t.equal(parseDatagram(Buffer.alloc(0)), undefined);
});

t.test('start lines that are none', async (t) => {
  const starts = [
    'OPTIONS  sip:user@example.com SIP/2.0',
    'OPTIONS sip:user@example.com  SIP/2.0',
    'OPTIONS sip:user@example.com SIP/2.0 ',
    ' OPTIONS sip:user@example.com SIP/2.0',
    'OPTIONS <sip:user@example.com> SIP/2.0',
    'OPTIONS sip:user@example.com; lr SIP/2.0',
    'OPTIONS sip:user@example.com SIP/7.0',
    'OPTIONS sip:user@example.com',
    'OPTIONS user SIP/2.0',
    'OP<TIONS sip:user@example.com SIP/2.0',
    'SIP/2.0 4294967301 better not break the receiver',
    'SIP/2.0 99 Low',
    'SIP/2.0 OK',
    'SIP/3.0 200 OK',
    'SIP/2.0 200 O\u0000K',
  ];
  for (const start of starts) t.throws(() => message({ start }), refused, start);
});

t.test('headers that are missing, repeated or none', async (t) => {
  for (const name of Object.keys(usual)) t.throws(() => message({ [name]: '' }), refused, `no ${name}`);
  const more = [
    usual.from,
    usual.to,
    usual.callId,
    usual.sequence,
    'Content-Length: 0\r\nContent-Length: 0',
    'Max-Forwards: 70\r\nMax-Forwards: 70',
    'Content-Length: -999',
    'Content-Length: 9999',
    'Content-Length: 0, 0',
    'no colon',
    ': no name',
    'na me: x',
    'Subject: a\u0000b',
    'Subject: a\rb',
    'Subject: a\nb',
  ];
  for (const line of more) t.throws(() => message({ more: [line] }), refused, JSON.stringify(line));
  t.throws(() => parseDatagram(Buffer.from('OPTIONS sip:a SIP/2.0\r\n folded: start line\r\n\r\n')), refused);
});

t.test('values that are not well-formed', async (t) => {
  const values: Record<keyof typeof usual, readonly string[]> = {
    via: [
      'SIP/2.0/UDP',
      'SIP/2.0 UDP a',
      '/2.0/UDP a',
      'SIP/2.0/UDP a;;,;,,',
      'SIP/2.0/UDP a:99999',
      'SIP/2.0/UDP a b',
    ],
    from: ['"A <sip:a@b>', '<sip:a@b', 'sip:a@b, sip:c@d', 'A, B <sip:a@b>', '< sip:a@b >', '<>', '*', '<sip:a@b> x'],
    to: ['"A" sip:a@b', '<sip:a@b>;tag="x', '<sip:a b@c>', '<sip:>', 'sip:a@b?c=d', '<sip:a@b>;=x', 'a@b', '<a b:c>'],
    callId: ['', 'two words'],
    sequence: [
      '4294967296 OPTIONS',
      '36893488147419103232 OPTIONS',
      '-1 OPTIONS',
      '8 INVITE',
      '8',
      'OPTIONS',
      '8OPTIONS',
    ],
  };
  const names = { via: 'Via', from: 'From', to: 'To', callId: 'Call-ID', sequence: 'CSeq' };
  for (const [key, list] of Object.entries(values)) {
    for (const value of list) {
      const line = `${names[key as keyof typeof names]}: ${value}`;
      t.throws(() => message({ [key]: line }), refused, line);
    }
  }
});

t.test('a quoted control character is refused, although RFC 3261 allows it', async (t) => {
  t.throws(() => message({ to: 'To: "BEL:\\\u0007 NUL:\\\u0000" <sip:a@example.com>' }), refused);
});

t.test('a message that is too long in one of its parts', async (t) => {
  t.throws(() => message({ more: [`X: ${'y'.repeat(8200)}`] }), refused, 'a line');
  t.throws(() => message({ more: [`X: y${`\r\n ${'y'.repeat(4000)}`.repeat(3)}`] }), refused, 'a folded line');
  t.throws(() => message({ more: Array<string>(100).fill('X: y') }), refused, 'too many lines');
  t.throws(() => message({ more: Array<string>(20).fill(`X: ${'y'.repeat(1000)}`) }), refused, 'all headers');
  t.throws(() => message({ from: `From: <sip:a@b>${';x'.repeat(200)};tag=1` }), refused, 'parameters');
  t.throws(() => message({ body: 'x'.repeat(70_000) }), refused, 'the body');
  t.ok(message({ body: 'x'.repeat(60_000) }));
});

t.test('bytes that are no UTF-8 do no harm', async (t) => {
  t.ok(message({ from: 'From: J\u00fcrgen <sip:a@b>;tag=1', bytes: 'latin1' }));
});
