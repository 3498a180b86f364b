import t from 'tap';
import {
  branchOf,
  contactExpiresOf,
  contactsOf,
  contentTypeOf,
  expiresOf,
  fromOf,
  fromTagOf,
  recordRoutesOf,
  retryAfterOf,
  sequenceOf,
  splitList,
  topViaOf,
  toTagOf,
  viasOf,
  wordsOf,
} from '../../../../src/component/sip/message/header-values.ts';
import { SipHeaders } from '../../../../src/component/sip/message/sip-headers.ts';

t.test('a list may be spread over lines, and several of its items may be on one', async (t) => {
  const headers = new SipHeaders([
    ['m', '"A, B" <sip:a@one.example;x=1,2>;expires=30, sip:b@two.example;q=0.5'],
    ['Contact', '<sip:c@[2001:db8::1]:5070>'],
  ]);
  t.strictSame(
    contactsOf(headers)?.map(({ displayName, uri }) => [displayName, uri]),
    undefined,
    'a comma is no part of a URI parameter',
  );
  headers.set('Contact', '"A, B" <sip:a@one.example;x=1>;expires=30, sip:b@two.example;q=0.5');
  headers.append('contact', '<sip:c@[2001:db8::1]:5070>');
  const contacts = contactsOf(headers) ?? [];
  t.strictSame(
    contacts.map(({ displayName, uri }) => [displayName, uri]),
    [
      ['A, B', 'sip:a@one.example;x=1'],
      [undefined, 'sip:b@two.example'],
      [undefined, 'sip:c@[2001:db8::1]:5070'],
    ],
  );
  t.strictSame(
    contacts.map(({ parameters }) => contactExpiresOf(parameters)),
    [30, undefined, undefined],
  );
  t.strictSame(recordRoutesOf(headers), []);
});

t.test('the topmost Via is the first of the first line', async (t) => {
  const headers = new SipHeaders([
    ['Via', 'SIP/2.0/UDP one.example;branch=z9hG4bK1;rport, SIP / 2.0 / TCP [2001:db8::1]:5070 ; branch = z9hG4bK2'],
    ['v', 'SIP/2.0/TLS three.example:5061'],
  ]);
  t.equal(branchOf(headers), 'z9hG4bK1');
  t.ok(topViaOf(headers)?.parameters.has('rport'));
  t.strictSame(
    viasOf(headers)?.map(({ protocol, host, port }) => [protocol, host, port]),
    [
      ['UDP', 'one.example', undefined],
      ['TCP', '2001:db8::1', 5070],
      ['TLS', 'three.example', 5061],
    ],
  );
});

t.test('tags, sequence, durations, types and words are read', async (t) => {
  const headers = new SipHeaders([
    ['f', 'Anna Lena   <sip:anna@a.example>;tag=1x'],
    ['to', '<tel:+4930123>'],
    ['CSeq', '0009 \t INVITE'],
    ['expires', '3600'],
    ['Retry-After', '18000 (in five hours);duration=3600'],
    ['c', 'Application/SDP;charset=utf-8'],
    ['Supported', 'timer, 100rel'],
    ['k', 'Path'],
  ]);
  t.equal(fromTagOf(headers), '1x');
  t.equal(fromOf(headers)?.displayName, 'Anna Lena');
  t.equal(toTagOf(headers), undefined);
  t.strictSame(sequenceOf(headers), { number: 9, method: 'INVITE' });
  t.equal(expiresOf(headers), 3600);
  t.equal(retryAfterOf(headers), 18_000);
  t.equal(contentTypeOf(headers), 'application/sdp');
  t.strictSame(wordsOf(headers, 'supported'), ['timer', '100rel', 'path']);
});

t.test('what is missing or not well-formed is undefined', async (t) => {
  const empty = new SipHeaders();
  for (const value of [topViaOf(empty), fromOf(empty), sequenceOf(empty), expiresOf(empty), contentTypeOf(empty)]) {
    t.equal(value, undefined);
  }
  const broken = new SipHeaders([
    ['via', 'SIP/2.0/UDP'],
    ['from', '"Anna <sip:a@b>'],
    ['to', '*'],
    ['cseq', `${2 ** 31} INVITE`],
    ['expires', '-1'],
    ['retry-after', 'soon'],
    ['contact', '<sip:a@b>,,<sip:a@c>'],
  ]);
  for (const read of [topViaOf, viasOf, fromOf, toTagOf, sequenceOf, expiresOf, retryAfterOf, contactsOf]) {
    t.equal(read(broken), undefined, read.name);
  }
  t.equal(splitList('a, "b'), undefined);
  t.equal(splitList('a, <b'), undefined);
  t.equal(expiresOf(new SipHeaders([['expires', '99999999999999']])), 2 ** 32 - 1, 'a duration has an end');
});
