import { parse } from 'sdp-transform';
import t from 'tap';
import { type SectionAnswer, writeAnswer } from '../../../src/signalling/sdp/answer.ts';
import { type OfferSection, parseOffer } from '../../../src/signalling/sdp/offer.ts';
import { findCodec, type OfferCodec } from '../../../src/signalling/sdp/offer-codec.ts';
import { offerText, videoExtensions } from './offers.ts';

const transport = {
  usernameFragment: 'server',
  password: 'secret',
  fingerprint: 'AA:BB',
  setup: 'passive',
  candidates: [
    { foundation: '1', priority: 100, address: '127.0.0.1', port: 4000, protocol: 'udp' },
    { foundation: '2', priority: 90, address: '127.0.0.1', port: 4001, protocol: 'tcp' },
  ],
} as const;
const origin = { sessionId: '42', version: 3 };

const simulcast = ['a=rid:h send', 'a=rid:m send', 'a=rid:l send', 'a=simulcast:send h;~m;l'];
const sections = parseOffer(
  offerText([
    { mid: 'sent', lines: [...videoExtensions, ...simulcast] },
    { mid: 'received', direction: 'recvonly', lines: videoExtensions },
    { mid: 'free', direction: 'recvonly', lines: videoExtensions },
    { mid: 'stopped', port: 0 },
    { mid: 'voice', kind: 'audio' },
  ]),
).sections as [OfferSection, OfferSection, OfferSection, OfferSection, OfferSection];
const vp8 = findCodec(sections[0].codecs, ['video/VP8']) as OfferCodec;
const h264 = findCodec(sections[0].codecs, ['video/H264']) as OfferCodec;
const opus = sections[4].codecs[0] as OfferCodec;

const answers: SectionAnswer[] = [
  { section: sections[0], use: 'receive', codec: vp8, rids: ['h', 'm', 'l'] },
  { section: sections[1], use: 'send', codec: h264, stream: { id: 'stream', cname: 'name', ssrc: 5, rtxSsrc: 6 } },
  { section: sections[2], use: 'inactive' },
  { section: sections[3], use: 'reject' },
  { section: sections[4], use: 'receive', codec: opus, rids: [] },
];
const text = writeAnswer(answers, transport, origin);
const written = parse(text);
const [sent, received, free, stopped, voice] = written.media;

t.test('the session part is that of an ICE-lite server with one BUNDLE group', async (t) => {
  t.match(written, { icelite: 'ice-lite', extmapAllowMixed: 'extmap-allow-mixed', origin: { sessionVersion: 3 } });
  t.same(written.groups, [{ type: 'BUNDLE', mids: 'sent received free voice' }], 'rejected m-lines are not bundled');
  t.match(text, /^a=msid-semantic: WMS \*\r$/m);
});

t.test('the server starts the handshake with a client that waits for it', async (t) => {
  const { media } = parse(writeAnswer(answers, { ...transport, setup: 'active' }, origin));
  t.strictSame(
    media.map(({ setup }) => setup),
    ['active', 'active', 'active', undefined, 'active'],
  );
});

t.test('every m-line is answered in its place with the same mid', async (t) => {
  t.same(
    written.media.map(({ mid }) => String(mid)),
    ['sent', 'received', 'free', 'stopped', 'voice'],
  );
  for (const media of [sent, received, free, voice]) {
    t.match(media, { port: 9, iceUfrag: 'server', icePwd: 'secret', setup: 'passive', rtcpMux: 'rtcp-mux' });
  }
  t.equal(stopped?.port, 0);
});

t.test('an m-line that the client sends on is answered with recvonly, its codec and its layers', async (t) => {
  t.equal(sent?.direction, 'recvonly');
  t.equal(sent?.payloads, '96 97');
  t.same(
    sent?.rids,
    ['h', 'm', 'l'].map((id) => ({ id, direction: 'recv' })),
  );
  t.same(sent?.simulcast, { dir1: 'recv', list1: 'h;m;l' }, 'inactive layers too, without their mark');
  t.match(text, /a=fmtp:96 x-google-start-bitrate=\d+\r/);
  t.notOk(sent?.ssrcs);
  t.same(
    sent?.rtcpFb?.map(({ type, subtype }) => [type, subtype].filter(Boolean).join(' ')),
    ['transport-cc', 'ccm fir', 'nack', 'nack pli'],
    'without goog-remb',
  );
});

t.test('an m-line that the client receives on has the numbers of its offer', async (t) => {
  t.equal(received?.direction, 'sendonly');
  t.equal(received?.payloads, '106 107');
  t.match(received?.fmtp, [
    { payload: 106, config: /profile-level-id=42e01f/ },
    { payload: 107, config: 'apt=106' },
  ]);
  t.same(received?.ssrcGroups, [{ semantics: 'FID', ssrcs: '5 6' }]);
  t.same(received?.ssrcs, [
    { id: 5, attribute: 'cname', value: 'name' },
    { id: 6, attribute: 'cname', value: 'name' },
  ]);
  t.match(text, /a=msid:stream stream\r/);
});

t.test('every m-line of a kind has the same header extensions, whatever its direction', async (t) => {
  const extensions = (media: typeof sent) => media?.ext?.map(({ value, uri }) => `${value} ${uri}`);
  t.same(extensions(sent), extensions(received));
  t.same(extensions(sent), extensions(free));
  t.equal(sent?.ext?.length, 4, 'no unknown ones, none above 14');
});

t.test('browsers have to rotate their frames themselves', async (t) => {
  t.notMatch(text, 'video-orientation');
});

t.test('audio keeps its format parameters and has no start bitrate', async (t) => {
  t.same(voice?.fmtp, [{ payload: 111, config: 'minptime=10;useinbandfec=1' }]);
  t.match(voice?.rtp, [{ payload: 111, codec: 'opus', rate: 48000, encoding: 2 }]);
});

t.test('only the first m-line has candidates', async (t) => {
  t.match(sent?.candidates, [
    { ip: '127.0.0.1', port: 4000, transport: 'udp', type: 'host' },
    { port: 4001, transport: 'tcp', tcptype: 'passive' },
  ]);
  t.equal(sent?.endOfCandidates, 'end-of-candidates');
  t.notOk(received?.candidates);
});
