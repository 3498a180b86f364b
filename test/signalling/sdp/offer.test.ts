import t from 'tap';
import { commonFormat } from '../../../src/sfu/h264-format.ts';
import { InvalidOfferError, parseOffer } from '../../../src/signalling/sdp/offer.ts';
import { findCodec, formatOf } from '../../../src/signalling/sdp/offer-codec.ts';
import { offeredFingerprint, offerText, videoExtensions } from './offers.ts';

t.test('ICE credentials, fingerprint and m-lines of an offer are read', async (t) => {
  const offer = parseOffer(
    offerText([
      { mid: '0', kind: 'audio', lines: ['a=ssrc:7 cname:me'] },
      { mid: '1', lines: [...videoExtensions, 'a=ssrc-group:FID 10 11', 'a=ssrc:10 cname:me', 'a=ssrc:11 cname:me'] },
      { mid: '2', direction: 'recvonly' },
    ]),
  );
  t.equal(offer.usernameFragment, 'abcd');
  t.same(offer.fingerprint, { algorithm: 'sha-256', value: offeredFingerprint.toUpperCase() });
  t.match(offer.sections, [
    { mid: '0', kind: 'audio', direction: 'sendonly', ssrc: 7, rtxSsrc: undefined, cname: 'me', rejected: false },
    { mid: '1', kind: 'video', ssrc: 10, rtxSsrc: 11, rids: [] },
    { mid: '2', direction: 'recvonly', ssrc: undefined },
  ]);
});

t.test('only a client that wants to wait for the handshake is passive', async (t) => {
  for (const setup of ['actpass', 'active', 'passive', 'holdconn']) {
    t.equal(parseOffer(offerText([{ mid: '0' }], { setup })).passive, setup === 'passive', setup);
  }
});

t.test('what a rejected m-line says of the transport does not count, unless nobody else says it', async (t) => {
  const lines = (ufrag: string, hash: string, setup: string) => [
    `a=ice-ufrag:${ufrag}`,
    `a=fingerprint:sha-256 ${hash}`,
    `a=setup:${setup}`,
  ];
  const sections = (port: number) => [
    { mid: '0', port: 0, lines: lines('old', '00', 'passive') },
    { mid: '1', port, lines: lines('new', '11', 'actpass') },
  ];
  t.match(parseOffer(offerText(sections(9))), {
    usernameFragment: 'new',
    fingerprint: { value: '11' },
    passive: false,
  });
  t.match(parseOffer(offerText(sections(0))), { usernameFragment: 'old', fingerprint: { value: '00' }, passive: true });
});

t.test('header extension ids that need the two-byte form are not used', async (t) => {
  const [section] = parseOffer(offerText([{ mid: '0', lines: videoExtensions }])).sections;
  t.equal(section?.extensions.get('urn:ietf:params:rtp-hdrext:sdes:mid'), 9);
  t.equal(section?.extensions.get('urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id'), undefined);
});

t.test('codecs are in the order of the m-line, with their retransmission payload types', async (t) => {
  const [section] = parseOffer(offerText([{ mid: '0', payloads: '106 107 96 97' }])).sections;
  t.match(section?.codecs, [
    { payloadType: 106, mimeType: 'video/H264', rtxPayloadType: 107 },
    { payloadType: 96, mimeType: 'video/VP8', rtxPayloadType: 97 },
  ]);
});

t.test('H264 in constrained baseline with packetization mode 1 is found first', async (t) => {
  const [section] = parseOffer(offerText([{ mid: '0' }])).sections;
  t.equal(findCodec(section?.codecs ?? [], ['video/H264'])?.payloadType, 106);
  t.equal(findCodec(section?.codecs ?? [], ['video/VP8', 'video/H264'])?.payloadType, 96);
  t.equal(findCodec(section?.codecs ?? [], ['video/VP9']), undefined);
});

t.test('format parameters are read with blanks around them, and their names in any case', async (t) => {
  for (const format of [
    'packetization-mode=1;  profile-level-id=42e01f',
    ' packetization-mode = 1 ; profile-level-id = 42e01f ;',
    'Packetization-Mode=1;Profile-Level-Id=42E01F',
  ]) {
    const codecs = ['a=rtpmap:96 H264/90000', `a=fmtp:96 ${format}`, 'a=rtpmap:97 rtx/90000', 'a=fmtp:97  APT = 96 '];
    const [codec] = parseOffer(offerText([{ mid: '0', codecs, payloads: '96 97' }])).sections[0]?.codecs ?? [];
    t.strictSame(codec && formatOf(codec), commonFormat, format);
    t.equal(codec?.rtxPayloadType, 97);
  }
});

t.test('simulcast layers are those of the rid lines, with the paused ones marked', async (t) => {
  const lines = ['a=rid:h send', 'a=rid:m send', 'a=rid:l send', 'a=simulcast:send h;~m;l'];
  const [section] = parseOffer(offerText([{ mid: '0', lines }])).sections;
  t.same(section?.rids, ['h', 'm', 'l']);
  t.same(section?.inactiveRids, ['m']);
});

t.test('a rejected m-line is distinguished from a bundle-only one', async (t) => {
  const { sections } = parseOffer(
    offerText([{ mid: '0' }, { mid: '1', port: 0 }, { mid: '2', port: 0, lines: ['a=bundle-only'] }]),
  );
  t.same(
    sections.map(({ rejected }) => rejected),
    [false, true, false],
  );
});

const good = offerText([{ mid: '0' }]);
const bad: Record<string, string> = {
  'no SDP at all': 'garbage',
  empty: '',
  'no m-line': 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n',
  'a mid twice': offerText([{ mid: '0' }, { mid: '0' }]),
  'no mid': good.replace('a=mid:0\r\n', ''),
  'a mid that is no token': good.replace('a=mid:0', 'a=mid:0,1'),
  'a mid of 33 characters': good.replace('a=mid:0', `a=mid:${'x'.repeat(33)}`),
  'no username fragment': good.replace(/a=ice-ufrag.*\r\n/, ''),
  'no fingerprint': good.replace(/a=fingerprint.*\r\n/, ''),
  'an unknown hash': good.replace('sha-256', 'md5'),
  'an unknown kind of media': good.replace('m=video', 'm=text'),
  'too many m-lines': offerText(Array.from({ length: 1001 }, (_, index) => ({ mid: String(index) }))),
};

for (const [what, sdp] of Object.entries(bad)) {
  t.test(`an offer is refused: ${what}`, async (t) => {
    t.throws(() => parseOffer(sdp), InvalidOfferError);
  });
}

t.test('an offer takes time in proportion to its length, whatever is repeated in it', async (t) => {
  const head = `${offerText([])}a=ice-ufrag:x\r\na=fingerprint:sha-256 ${offeredFingerprint}\r\n`;
  const section = (payloads: string, lines: string) =>
    `${head}m=video 9 UDP/TLS/RTP/SAVPF ${payloads}\r\na=mid:0\r\n${lines}`;
  const repeated: Record<string, (length: number) => string> = {
    'a payload type': (length) =>
      section('96 '.repeat(length / 8), `a=rtpmap:96 VP8/90000\r\na=fmtp:96 ${'a=b;'.repeat(length / 8)}`),
    retransmissions: (length) =>
      section('96', `${'a=rtpmap:96 rtx/90000\r\n'.repeat(length / 50)}a=fmtp:96 ${'a=b;'.repeat(length / 8)}`),
    feedback: (length) =>
      section(
        Array.from({ length: 128 }, (_, type) => type).join(' '),
        Array.from({ length: 128 }, (_, type) => `a=rtpmap:${type} VP8/90000\r\n`).join('') +
          'a=rtcp-fb:* nack\r\n'.repeat(length / 18),
      ),
  };
  for (const [name, make] of Object.entries(repeated)) {
    const offer = make(400_000);
    const before = process.threadCpuUsage();
    parseOffer(offer);
    const { user } = process.threadCpuUsage(before);
    t.ok(user < 3_000_000, `${name}: ${user} us of CPU for 400 kB`);
  }
  for (const end of ['\r\n', '\n', '\r']) {
    t.throws(() => parseOffer(section('96', `a=x${end}`.repeat(40_000))), InvalidOfferError, JSON.stringify(end));
  }
  t.ok(parseOffer(section('96', `a=x:${'x'.repeat(1_990_000)}`)));
  t.throws(() => parseOffer(section('96', `a=x:${'x'.repeat(2_000_000)}`)), InvalidOfferError, 'it is too long');
  const format = (text: string) => parseOffer(section('96', `a=rtpmap:96 VP8/90000\r\na=fmtp:96 ${text}`));
  t.match(format('a=b').sections[0]?.codecs[0]?.parameters, { a: 'b' });
  t.strictSame(
    format('a=b;'.repeat(1025)).sections[0]?.codecs[0]?.parameters,
    {},
    'a format that is too long is not read',
  );
});

t.test('lines end as their writer likes, and lines that mean nothing here are passed over', async (t) => {
  const lines = [
    'a=sendonly',
    'a=rid:l send',
    'a=simulcast:send l',
    'a=ssrc:10 cname:me',
    'a=x-google-flag:conference',
  ];
  const sdp = offerText([{ mid: '0', lines: [...lines, 'a=', 'a', 'x=1', '=', 'a=sendonlyx', 'a=mid-x:9', 'b=AS:1'] }]);
  const expected = parseOffer(sdp);
  t.match(expected.sections, [{ mid: '0', rids: ['l'], ssrc: 10, cname: 'me' }]);
  for (const end of ['\n', '\r']) t.strictSame(parseOffer(sdp.replaceAll('\r\n', end)), expected);
});

t.test('names and values of digits are texts', async (t) => {
  const codecs = ['a=rtpmap:96 264/90000', 'a=fmtp:96 1', 'a=rtpmap:97 VP8/90000'];
  const lines = ['a=extmap:1 7', 'a=ssrc-group:FID 10', 'a=ssrc:10 cname:7', 'a=rid:1 send', 'a=simulcast:send 1'];
  const { sections } = parseOffer(offerText([{ mid: '0', codecs, payloads: '96 97', lines }]));
  t.match(sections[0], { codecs: [{ mimeType: 'video/264', format: '1' }, { mimeType: 'video/VP8' }], rids: ['1'] });
  t.match(sections[0], { ssrc: 10, rtxSsrc: undefined, cname: '7' });
  t.equal(sections[0]?.extensions.get('7'), 1);
  const fingerprint = offerText([{ mid: '0' }]).replace('sha-256 ', '1 ');
  t.throws(() => parseOffer(fingerprint), InvalidOfferError);
});
