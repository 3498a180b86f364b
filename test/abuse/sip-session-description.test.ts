import { isIP } from 'node:net';
import t from 'tap';
import { MediaNegotiation } from '../../src/component/sip/call/media-negotiation.ts';
import { readSessionDescription } from '../../src/component/sip/call/session-description.ts';
import type { NegotiatedMedia } from '../../src/component/sip/media/negotiated-media.ts';
import { SipError } from '../../src/component/sip/sip-error.ts';
import { mutatedText, pick } from './mutation.ts';
import { fuzz } from './rounds.ts';

const key = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
const descriptions = [
  [
    ...['v=0', 'o=phone 20 1 IN IP4 192.0.2.7', 's=call', 'c=IN IP4 192.0.2.7', 't=0 0', 'a=sendrecv'],
    ...['m=audio 4000 RTP/SAVP 8 0 107 101', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:107 opus/48000/2'],
    ...['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-16', 'a=ptime:20', 'a=rtcp-mux'],
    ...[`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^31`, 'm=video 0 RTP/AVP 31'],
  ],
  [
    ...['v=0', 'o=- 1 1 IN IP6 2001:db8::7', 's=-', 't=0 0', 'm=image 0 udptl t38', 'c=IN IP6 2001:db8::7'],
    ...['m=audio 5000/2 RTP/AVP 0', 'c=IN IP6 2001:db8::8', 'a=maxptime:40', 'a=sendonly', 'a=rtcp:5001'],
  ],
].map((lines) => [...lines, ''].join('\r\n'));

t.test('offers and answers with faults are refused, or mean something that we can do', async (t) => {
  await fuzz(t, 1500, (random) => {
    const ours = negotiation(random);
    const text = mutatedText(random, pick(random, descriptions));
    const media = attempt(() => {
      if (random() < 0.5) {
        ours.offer(random() < 0.5);
        return ours.accept(text);
      }
      const { body, media } = ours.answer(text);
      if (readSessionDescription(body).sections.length !== readSessionDescription(text).sections.length) {
        throw new Error('a section is missing');
      }
      return media;
    });
    if (media && !isUsable(media)) throw new Error(JSON.stringify(media));
    // whatever it was, another offer can be made
    const next = readSessionDescription(ours.offer(false));
    if (next.audio?.formats.length !== 3) throw new Error('our offer cannot be read');
  });
});

t.test('the time to read a description is linear in its length', async (t) => {
  const head = descriptions[1] ?? '';
  const lines = [
    ...['a=rtpmap:96 x/8000', 'a=crypto:1 a b', `a=${':'.repeat(4000)}`, `a=fmtp:0 ${';a=b'.repeat(1000)}`],
    ...[
      `a=simulcast:send ${'send'.repeat(1000)}`,
      `a=ptime:${'1.'.repeat(2000)}x`,
      `a=rid:1 send ${'| '.repeat(1990)}`,
    ],
  ];
  for (const line of lines) {
    const cpu = (count: number) => {
      const text = `${head}${`${line}\r\n`.repeat(count)}`;
      const before = process.threadCpuUsage();
      for (let round = 0; round < 10; round += 1) attempt(() => readSessionDescription(text));
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1000;
    };
    cpu(20);
    const [once, twice] = [cpu(240), cpu(480)];
    t.ok(twice < 4 * once + 50, line.slice(0, 20), { once, twice });
  }
});

function negotiation(random: () => number): MediaNegotiation {
  return new MediaNegotiation({
    address: '192.0.2.1',
    port: 21_000,
    codecs: ['pcma', 'pcmu', 'opus'],
    permits: (address) => isIP(address) > 0,
    randomBytes: (size) => Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256))),
  });
}

/** Undefined when it is refused. Any other error than one of SIP is a fault. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof SipError) return undefined;
    throw error;
  }
}

function isUsable({
  remote,
  payloadType,
  packetTime,
  srtp,
  dtmfPayloadType = 0,
  dtmfClockRate = 8000,
}: NegotiatedMedia) {
  const isType = (type: number) => Number.isInteger(type) && type >= 0 && type < 128;
  return (
    isIP(remote.address) > 0 &&
    remote.port > 0 &&
    remote.port < 65_536 &&
    isType(payloadType) &&
    isType(dtmfPayloadType) &&
    dtmfClockRate > 0 &&
    [10, 20, 30, 40, 50, 60].includes(packetTime) &&
    (!srtp || [srtp.local, srtp.remote].every((each) => Buffer.from(each, 'base64').length === 30))
  );
}
