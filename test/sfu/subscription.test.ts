import t from 'tap';
import { type OfferSection, parseOffer } from '../../src/signalling/sdp/offer.ts';
import { findCodec, type OfferCodec } from '../../src/signalling/sdp/offer-codec.ts';
import { consumerCapabilities, producerParameters } from '../../src/signalling/sdp/rtp-parameters.ts';
import { offerText, videoExtensions } from '../signalling/sdp/offers.ts';
import { RoomOnWorker } from './room-on-worker.ts';

const layers = ['a=rid:l send', 'a=rid:m send', 'a=rid:h send', 'a=simulcast:send l;m;h'];
const [sent, received] = parseOffer(
  offerText([
    { mid: '0', lines: [...videoExtensions, ...layers] },
    { mid: '1', direction: 'recvonly' },
  ]),
).sections as [OfferSection, OfferSection];
const codec = findCodec(sent.codecs, ['video/VP8']) as OfferCodec;

const world = await RoomOnWorker.open(null);
t.teardown(() => world.close());
const { media } = world.room;
const encodings = ['l', 'm', 'h'] as const;

function trackOf(trackId: string) {
  const rtpParameters = producerParameters(sent, codec, encodings, media.rtpCapabilities);
  return { trackId, kind: 'video', rtpParameters, encodings, h264: undefined } as const;
}

t.test('a track whose peer leaves while it is being published is not left behind', async (t) => {
  const sender = await media.createTransport('leaver');
  const publishing = sender.publish(trackOf('late'));
  sender.close();
  await t.rejects(publishing);
  t.equal(media.publications.size, 0);
});

t.test('what is asked of a subscription whose track has just ended is done with', async (t) => {
  const sender = await media.createTransport('sender');
  const receiver = await media.createTransport('receiver');
  const { rtpCapabilities, numbers } = consumerCapabilities(received, codec, media.rtpCapabilities);
  for (const ask of ['resume', 'setTarget'] as const) {
    const publication = await sender.publish(trackOf(ask));
    const mid = ask;
    const subscription = await receiver.subscribe({
      publication,
      mid,
      rtpCapabilities,
      numbers,
      rtx: true,
      target: 'm',
    });
    publication.close();
    t.notOk(subscription.closed, 'the news is on its way');
    await t.resolves(ask === 'resume' ? subscription.resume() : subscription.setTarget('h'), ask);
    subscription.close();
  }
});
