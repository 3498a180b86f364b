// The parser of sip.js was written by others: what it reads, ours reads alike.
import { Grammar, type NameAddrHeader, type URI } from 'sip.js/lib/grammar/index.js';
import t, { type Test } from 'tap';
import { sequenceOf } from '../../../../src/component/sip/message/header-values.ts';
import { parseNameAddress } from '../../../../src/component/sip/message/name-address.ts';
import { SipHeaders } from '../../../../src/component/sip/message/sip-headers.ts';
import { parseSipUri } from '../../../../src/component/sip/message/sip-uri.ts';
import { parseVia } from '../../../../src/component/sip/message/via.ts';
import { mutatedText, pick } from '../../../abuse/mutation.ts';
import { seededRandom } from '../../../seeded-random.ts';

const rounds = 200;
/** Beyond it ours has limits. */
const maxLength = 64;
/** sip.js reads these, RFC 3261 does not: an empty port, another protocol than SIP/2.0, a CSeq beyond 2^31, a parameter twice. */
const lax = /; *(\w+)\b.*; *\1\b|:(?=[;?>]|$)|^(?!SIP *\/ *2\.0 *\/).*\/ *(?:UDP|TCP|TLS) |^\d{10}/i;

/** Reads each value, and mutations of it, with both. @param compared what both have read, to be the same */
function compare<T>(
  t: Test,
  rule: string,
  values: readonly string[],
  compared: (theirs: T, value: string) => readonly [theirs: unknown, ours: unknown],
): void {
  let read = 0;
  for (let round = 0; round < rounds; round += 1) {
    const random = seededRandom(round + 1);
    const value = values[round] ?? mutatedText(random, pick(random, values)).slice(0, maxLength);
    const theirs = Grammar.parse(value, rule);
    if (theirs === -1 || !/^[\x20-\x7e]*$/.test(value) || lax.test(value)) continue;
    read += 1;
    const [wanted, found] = compared(theirs, value);
    t.strictSame(found, wanted, value);
  }
  t.ok(read > values.length, `${read} values were read`);
}

const unescapedUser = (user: string | undefined) => (user === undefined ? undefined : decodeURIComponent(user));
const uriParts = (uri: URI) => [uri.scheme, uri.user, uri.host, uri.port];
const ourParts = (text: string | undefined) => {
  const uri = parseSipUri(text ?? '');
  return uri && [uri.scheme, unescapedUser(uri.user), uri.host, uri.port];
};

const uris = [
  'sip:example.org',
  'sip:alice@example.org:5060;transport=tcp;lr',
  'sips:al%69ce:secret@192.0.2.1?subject=x&y=z',
  'sip:+49(30)1;x=1@a-b.example;user=phone',
];

t.test('URIs', async (t) => {
  compare<URI>(t, 'SIP_URI', uris, (theirs, value) => [uriParts(theirs), ourParts(value)]);
});

t.test('names with an address', async (t) => {
  const values = [
    ...uris.map((uri) => `<${uri}>;tag=Ab1`),
    ...uris.map((uri) => `"Alice \\"A\\" B" <${uri}>;x="y z";tag=1`),
    'Alice B <sip:a@b>',
    'sip:a@b;tag=9',
  ];
  compare<NameAddrHeader>(t, 'From', values, (theirs, value) => {
    const ours = parseNameAddress(value);
    return [
      [...uriParts(theirs.uri), theirs.getParam('tag') ?? undefined],
      [...(ourParts(ours?.uri) ?? []), ours?.parameters.get('tag')],
    ];
  });
});

interface TheirVia {
  readonly transport: string;
  readonly host: string;
  readonly port?: number;
  readonly branch?: string;
}

t.test('Via', async (t) => {
  const values = [
    'SIP/2.0/UDP pc33.example.org:5066;branch=z9hG4bK1;rport',
    'SIP / 2.0 / TCP 192.0.2.1 ; branch = z9hG4bK2;received=192.0.2.9;x="a b"',
    'SIP/2.0/TLS a.example;branch=z9hG4bK3;ttl=1',
  ];
  compare<TheirVia>(t, 'Via', values, ({ transport, host, port, branch }, value) => {
    const ours = parseVia(value);
    return [
      [transport.toUpperCase(), host.toLowerCase(), port, branch],
      ours && [ours.protocol, ours.host, ours.port, ours.parameters.get('branch')],
    ];
  });
});

t.test('CSeq', async (t) => {
  compare<{ value: number; method: string }>(
    t,
    'CSeq',
    ['1 INVITE', '4711 OPTIONS', '0009  X-Y.z'],
    (theirs, value) => [
      [theirs.value, theirs.method],
      Object.values(sequenceOf(new SipHeaders([['CSeq', value]])) ?? {}),
    ],
  );
});
