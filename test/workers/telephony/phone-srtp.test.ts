import { randomBytes } from 'node:crypto';
import { createWorker } from 'mediasoup';
import t from 'tap';
import type { NegotiatedMedia } from '../../../src/component/sip/media/negotiated-media.ts';
import { workerBinary } from '../../../src/sfu/worker-binary.ts';
import { dropOuts, part, sine, toneLevel } from '../../tone.ts';
import { PhoneCall } from './phone-call.ts';

const worker = await createWorker({ workerBin: workerBinary() });
t.teardown(() => worker.close());
const opus = { mimeType: 'audio/opus', clockRate: 48_000, channels: 2 };

for (const suite of ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as const) {
  t.test(`${suite}: mediasoup understands an encrypted call, and is understood`, async (t) => {
    const keyBase64 = randomBytes(30).toString('base64');
    const call = await PhoneCall.open(t, { codec: 'opus', srtp: { suite, local: keyBase64, remote: keyBase64 } });
    // mediasoup has to know the source beforehand
    call.phone.play(new Int16Array(960));
    await call.whenArrived({ heard: 1 });
    const ssrc = call.heard[0]?.ssrc ?? 0;

    // the telephone is a transport that sends back what it gets, as a stream of its own
    const router = await worker.createRouter({
      mediaCodecs: [{ ...opus, kind: 'audio', preferredPayloadType: call.media.payloadType }],
    });
    const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;
    const secure = { rtcpMux: true, enableSrtp: true, srtpCryptoSuite: suite };
    const transport = await router.createPlainTransport({ listenInfo, ...secure });
    const srtpParameters = { cryptoSuite: suite, keyBase64 };
    await transport.connect({ ip: '127.0.0.1', port: call.phone.port, srtpParameters });
    const codecs = [{ ...opus, payloadType: call.media.payloadType }];
    const producer = await transport.produce({ kind: 'audio', rtpParameters: { codecs, encodings: [{ ssrc }] } });
    await transport.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });

    const media: NegotiatedMedia = {
      ...call.media,
      remote: { address: '127.0.0.1', port: transport.tuple.localPort },
      srtp: { suite, local: keyBase64, remote: transport.srtpParameters?.keyBase64 ?? '' },
    };
    call.phone.use(media);
    await call.hear(sine(440, 1000));
    await call.whenArrived({ said: 50 });
    const said = part(call.saidSound, 100, 900);
    t.ok(Math.abs(toneLevel(said, 440) - 0.3) < 0.03, 'the room hears its own tone');
    t.equal(dropOuts(said), 0);
    t.equal(call.phone.strangers, 0, 'its reports are understood, too');
    router.close();
  });
}
