import t from 'tap';
import {
  MediaNegotiation,
  type MediaNegotiationOptions,
} from '../../../../src/component/sip/call/media-negotiation.ts';
import { readSessionDescription } from '../../../../src/component/sip/call/session-description.ts';
import { phoneDescription } from './open-line.ts';

/** Bytes that differ from call to call. */
function countingBytes() {
  let count = 0;
  return (size: number) => {
    count += 1;
    return Buffer.alloc(size, count);
  };
}

function negotiation(given: Partial<MediaNegotiationOptions> = {}) {
  return new MediaNegotiation({
    address: '192.0.2.1',
    port: 21_000,
    codecs: ['pcma', 'pcmu', 'opus'],
    permits: () => true,
    randomBytes: countingBytes(),
    ...given,
  });
}

const originOf = (text: string) => /^o=- (\d+) (\d+) /m.exec(text)?.slice(1).map(Number);
const phone = (media: string, ...lines: string[]) =>
  phoneDescription(...lines).replace(/m=audio.*\r\n/, `${media}\r\n`);

t.test('an offer has our codecs in our order', async (t) => {
  const formats = (offer: string) => readSessionDescription(offer).audio?.formats.map(({ codec }) => codec);
  t.same(formats(negotiation().offer(false)), ['pcma', 'pcmu', 'opus']);
  const codecs = ['opus', 'pcmu'] as const;
  const { audio } = readSessionDescription(negotiation({ codecs }).offer(false));
  t.same(
    audio?.formats.map(({ codec }) => codec),
    codecs,
  );
  t.match(audio, { packetTime: 20, rtcpMux: true, direction: 'sendrecv', protocol: 'RTP/AVP', crypto: [] });
  const alone = readSessionDescription(negotiation({ codecs: ['pcma'] }).offer(false));
  t.same(alone.audio?.events, [{ payloadType: 101, clockRate: 8000 }]);
});

t.test('the first format of the answer is used, with the numbers of the other side', async (t) => {
  const ours = negotiation();
  ours.offer(false);
  t.equal(ours.pending, true);
  const lines = ['a=rtpmap:107 opus/48000/2', 'a=rtpmap:110 telephone-event/48000', 'a=ptime:30'];
  const media = ours.accept(phone('m=audio 4000 RTP/AVP 107 8 101 110', ...lines));
  t.equal(ours.pending, false);
  t.same(media, {
    remote: { address: '192.0.2.7', port: 4000 },
    rtcpMux: false,
    codec: 'opus',
    payloadType: 107,
    dtmfPayloadType: 110,
    dtmfClockRate: 48_000,
    offered: { payloadType: 96, dtmfPayloadType: 102 },
    packetTime: 20,
    sending: true,
    receiving: true,
  });
  t.match(ours.offer(false), /m=audio 21000 RTP\/AVP 8 0 107 101 110\r\n/, 'a number keeps its meaning');
});

t.test('packet times that we can send', async (t) => {
  const cases: [lines: string[], pcma: number][] = [
    [[], 20],
    [['a=ptime:30'], 30],
    [['a=ptime:5'], 10],
    [['a=ptime:45'], 40],
    [['a=ptime:120'], 60],
    [['a=ptime:40', 'a=maxptime:20'], 20],
  ];
  for (const [lines, time] of cases) {
    const ours = negotiation();
    ours.offer(false);
    t.equal(ours.accept(phone('m=audio 4000 RTP/AVP 8', ...lines)).packetTime, time, lines.join());
  }
});

t.test('an answer has as many sections as the offer, and one codec', async (t) => {
  const { body, media } = negotiation().answer(
    phone(
      'm=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0 8 101\r\nm=audio 4002 RTP/AVP 8',
      ...['a=rtcp-mux', 'm=image 6000 udptl t38'],
    ),
  );
  const { sections, audio } = readSessionDescription(body);
  t.same(
    sections.map(({ type }) => type),
    ['video', 'audio', 'audio', 'image'],
  );
  t.same(body.match(/^m=.*$/gm), [
    'm=video 0 RTP/AVP 31',
    'm=audio 21000 RTP/AVP 0',
    'm=audio 0 RTP/AVP 8',
    'm=image 0 udptl t38',
  ]);
  t.same(audio?.formats, [{ codec: 'pcmu', payloadType: 0 }]);
  t.match(media, { codec: 'pcmu', rtcpMux: false, remote: { port: 4000 } });
});

t.test('a later offer of ours keeps the sections of an earlier one of theirs', async (t) => {
  const ours = negotiation();
  ours.answer(phone('m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0'));
  t.same(ours.offer(false).match(/^m=.*$/gm), ['m=video 0 RTP/AVP 31', 'm=audio 21000 RTP/AVP 8 0 96 101 102']);
});

t.test('the version rises with each change, and only then', async (t) => {
  const ours = negotiation();
  const offer = phoneDescription();
  const [id, first] = originOf(ours.answer(offer).body) ?? [];
  t.same(originOf(ours.answer(offer).body), [id, first]);
  t.same(originOf(ours.answer(phoneDescription('a=sendonly')).body), [id, Number(first) + 1]);
  t.same(originOf(ours.answer(offer).body), [id, Number(first) + 2]);
});

t.test('directions', async (t) => {
  const cases = [
    ['sendrecv', 'sendrecv', true, true],
    ['sendonly', 'recvonly', false, true],
    ['recvonly', 'sendonly', true, false],
    ['inactive', 'inactive', false, false],
  ] as const;
  for (const [theirs, answered, sending, receiving] of cases) {
    const { body, media } = negotiation().answer(phoneDescription(`a=${theirs}`));
    t.match(media, { sending, receiving }, theirs);
    t.equal(readSessionDescription(body).audio?.direction, answered);
  }
});

t.test('an address that must not be reached', async (t) => {
  const permits = (address: string) => address !== '192.0.2.7';
  t.throws(() => negotiation({ permits }).answer(phoneDescription()), { code: 'refused_address' });
  const ours = negotiation({ permits });
  ours.offer(false);
  t.throws(() => ours.accept(phoneDescription()), { code: 'refused_address' });
  t.equal(ours.pending, false, 'the offer is over');
  t.throws(() => ours.accept(phoneDescription()), { code: 'bad_message' });
});

t.test('codecs that are not configured are none', async (t) => {
  t.throws(() => negotiation({ codecs: ['opus'] }).answer(phoneDescription()), { code: 'no_common_codec' });
});

t.test('two sides agree on keys, each with the other way round', async (t) => {
  const random = countingBytes();
  const one = negotiation({ randomBytes: random });
  const other = negotiation({ randomBytes: random, port: 22_000 });
  const answer = other.answer(one.offer(true));
  const media = one.accept(answer.body);
  t.match(media.srtp, { suite: 'AES_CM_128_HMAC_SHA1_80' });
  t.equal(Buffer.from(media.srtp?.local ?? '', 'base64').length, 30);
  t.not(media.srtp?.local, media.srtp?.remote);
  t.same(answer.media.srtp, { ...media.srtp, local: media.srtp?.remote, remote: media.srtp?.local });
  const again = other.answer(one.offer(true));
  t.same(one.accept(again.body).srtp, media.srtp, 'the keys are those of the session');
});

t.test('the answer takes the second suite', async (t) => {
  const ours = negotiation();
  ours.offer(true);
  const key = 'C'.repeat(40);
  const answer = (line: string) => phone('m=audio 4000 RTP/SAVP 8', `a=crypto:${line} inline:${key}`);
  t.match(ours.accept(answer('2 AES_CM_128_HMAC_SHA1_32')).srtp, { suite: 'AES_CM_128_HMAC_SHA1_32', remote: key });
  ours.offer(true);
  t.throws(() => ours.accept(answer('1 AES_CM_128_HMAC_SHA1_32')), { code: 'no_common_codec' }, 'the other number');
});

t.test('encrypted sound is required when we offered it, and when it is offered so', async (t) => {
  const ours = negotiation();
  ours.offer(true);
  t.throws(() => ours.accept(phoneDescription()), { code: 'no_common_codec' });
  t.throws(() => negotiation().answer(phone('m=audio 4000 RTP/SAVP 8')), { code: 'no_common_codec' });
});

t.test('keys that are offered without SAVP are taken, too', async (t) => {
  const line = `a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:${'D'.repeat(40)}`;
  const ours = negotiation();
  const { body, media } = ours.answer(phone('m=audio 4000 RTP/AVP 8', line));
  t.match(media.srtp, { remote: 'D'.repeat(40) });
  t.match(body, /m=audio 21000 RTP\/AVP 8\r\n[\s\S]*a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:/);
  t.match(ours.offer(false), /RTP\/AVP[\s\S]*a=crypto:1 /, 'our next offer has keys as well');
});

t.test('an offer that was refused leaves no keys behind', async (t) => {
  const ours = negotiation();
  ours.offer(true);
  ours.offer(false);
  t.equal(ours.accept(phoneDescription()).srtp, undefined);
  t.notMatch(ours.offer(true), /crypto/, 'the session keeps its profile');
});
