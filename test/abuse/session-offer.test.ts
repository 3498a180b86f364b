// What a client may offer: docs/contracts/media-events.md 5.
import { createWorker } from 'mediasoup';
import t from 'tap';
import { mediaCodecs } from '../../src/sfu/media-codecs.ts';
import { workerBinary } from '../../src/sfu/worker-binary.ts';
import { writeAnswer } from '../../src/signalling/sdp/answer.ts';
import { InvalidOfferError, type Offer, parseOffer } from '../../src/signalling/sdp/offer.ts';
import { findCodec } from '../../src/signalling/sdp/offer-codec.ts';
import {
  consumerCapabilities,
  producerParameters,
  simulcastEncodings,
} from '../../src/signalling/sdp/rtp-parameters.ts';
import { offerText, videoExtensions } from '../signalling/sdp/offers.ts';
import { mutatedText, pick } from './mutation.ts';
import { fuzz } from './rounds.ts';

const worker = await createWorker({ workerBin: workerBinary() });
t.teardown(() => worker.close());
const { rtpCapabilities } = await worker.createRouter({ mediaCodecs: mediaCodecs('h264') });

const simulcast = ['a=rid:l send', 'a=rid:m send', 'a=rid:h send', 'a=simulcast:send l;~m;h'];
const ssrcs = ['a=ssrc-group:FID 10 11', 'a=ssrc:10 cname:me', 'a=ssrc:11 cname:me'];
const offers = [
  offerText([
    { mid: '0', kind: 'audio', lines: ['a=ssrc:7 cname:me'] },
    { mid: '1', lines: [...videoExtensions, ...ssrcs] },
  ]),
  offerText([
    { mid: 'video', lines: [...videoExtensions, ...simulcast] },
    { mid: '2', direction: 'recvonly' },
  ]),
  offerText(Array.from({ length: 20 }, (_, index) => ({ mid: `${index}`, direction: 'inactive', port: index % 2 }))),
];
const transport = {
  ...{ usernameFragment: 'u', password: 'p', fingerprint: 'AA', setup: 'passive' as const },
  candidates: [{ foundation: '1', priority: 1, address: '127.0.0.1', port: 5000, protocol: 'udp' as const }],
};

/** A line of the text removed, repeated or moved. */
function shuffled(random: () => number, text: string): string {
  const lines = text.split('\r\n');
  const at = Math.floor(random() * lines.length);
  const [line = ''] = lines.splice(at, 1);
  const copies = pick(random, [0, 1, 2, 200]);
  lines.splice(Math.floor(random() * lines.length), 0, ...Array<string>(copies).fill(line));
  return lines.join('\r\n');
}

/** All that is done with an offer before mediasoup gets its part. */
function answer({ sections }: Offer): string {
  const answers = sections.map((section) => {
    const codec = findCodec(section.codecs, ['audio/opus', 'video/H264', 'video/VP8']);
    if (!codec || section.rejected) return { section, use: 'reject' as const };
    consumerCapabilities(section, codec, rtpCapabilities);
    producerParameters(section, codec, simulcastEncodings(section), rtpCapabilities);
    if (section.direction === 'inactive') return { section, use: 'inactive' as const };
    if (section.direction === 'sendonly') return { section, use: 'receive' as const, codec, rids: section.rids };
    const stream = { id: 'a', cname: 'b', ssrc: 1, rtxSsrc: 2 };
    return { section, use: 'send' as const, codec, stream };
  });
  return writeAnswer(answers, transport, { sessionId: '1', version: 1 });
}

t.test('whatever a client offers is answered, or is no offer', async (t) => {
  const outcomes = { answered: 0, refused: 0 };
  await fuzz(t, 2000, (random) => {
    let text = pick(random, offers);
    for (let changes = Math.floor(random() * 4); changes > 0; changes -= 1) text = shuffled(random, text);
    if (random() < 0.8) text = mutatedText(random, text);
    try {
      answer(parseOffer(text));
      outcomes.answered += 1;
    } catch (error) {
      if (!(error instanceof InvalidOfferError)) throw error;
      outcomes.refused += 1;
    }
  });
  t.ok(outcomes.answered > 0 && outcomes.refused > 0, JSON.stringify(outcomes));
});
