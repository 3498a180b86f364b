import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { types } from 'mediasoup';
import { startWorker } from '../../../src/sfu/start-worker.ts';
import { workerBinary } from '../../../src/sfu/worker-binary.ts';
import { atOnce } from './at-once.ts';
import type { Cleanup } from './cleanup.ts';
import { measureForwarding } from './forwarding-round.ts';
import { publishedPayloadType } from './publisher.ts';
import type { Receivers } from './receivers.ts';
import type { Round } from './round.ts';
import { VideoSource } from './video-source.ts';

const host = '127.0.0.1';
const listenInfo = { protocol: 'udp', ip: host } as const;
const ssrc = 4711;

export type SrtpCryptoSuite = types.SrtpCryptoSuite;

/** One publisher and many receivers of RTP or SRTP on one media worker, without ICE and DTLS: what remains is the forwarding itself. */
export class PlainRoom {
  readonly #worker: types.Worker;
  readonly #router: types.Router;
  readonly #producer: types.Producer;
  readonly #source: VideoSource;
  readonly #port: number;

  private constructor(
    worker: types.Worker,
    router: types.Router,
    producer: types.Producer,
    source: VideoSource,
    port: number,
  ) {
    this.#worker = worker;
    this.#router = router;
    this.#producer = producer;
    this.#source = source;
    this.#port = port;
  }

  /** @param receivers before they are frozen @param rate packets per second that are published @param workerBin the media worker */
  static async open(
    cleanup: Cleanup,
    receivers: Receivers,
    rate: number,
    workerBin = workerBinary(),
  ): Promise<PlainRoom> {
    const worker = await startWorker({ workerBin });
    cleanup.teardown(() => worker.close());
    const router = await worker.createRouter({
      mediaCodecs: [{ kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 }],
    });
    const transport = await router.createPlainTransport({ listenInfo, rtcpMux: true, comedia: true });
    const codecs = [{ mimeType: 'video/VP8', payloadType: publishedPayloadType, clockRate: 90_000 }];
    const producer = await transport.produce({ kind: 'video', rtpParameters: { codecs, encodings: [{ ssrc }] } });
    const socket = createSocket('udp4');
    cleanup.teardown(() => socket.close());
    const send = (packet: Buffer) => socket.send(packet, transport.tuple.localPort, host);
    const source = new VideoSource({ rate, payloadType: publishedPayloadType, ssrc, send });
    cleanup.teardown(() => source.pause());
    return new PlainRoom(worker, router, producer, source, await receivers.openPort());
  }

  /** Consumers of the video, each on a transport of its own, paused. @param srtpCryptoSuite without: RTP */
  async consume(count: number, srtpCryptoSuite?: SrtpCryptoSuite): Promise<types.Consumer[]> {
    return await atOnce(4, Array(count).fill(undefined), async () => {
      const secure = srtpCryptoSuite && { enableSrtp: true, srtpCryptoSuite };
      const transport = await this.#router.createPlainTransport({ listenInfo, rtcpMux: true, ...secure });
      await transport.connect({
        ip: host,
        port: this.#port,
        ...(srtpCryptoSuite && { srtpParameters: keysOf(srtpCryptoSuite) }),
      });
      const { rtpCapabilities } = this.#router;
      return await transport.consume({ producerId: this.#producer.id, rtpCapabilities, paused: true });
    });
  }

  /** Forwards to these consumers alone for a while. @param duration milliseconds */
  async forward(consumers: readonly types.Consumer[], duration: number): Promise<Round> {
    return await measureForwarding({ pids: [this.#worker.pid], source: this.#source, consumers, duration });
  }
}

function keysOf(cryptoSuite: SrtpCryptoSuite): types.SrtpParameters {
  // Master key and salt: RFC 7714 section 12, RFC 3711 section 8.2.
  const lengths = { AEAD_AES_256_GCM: 44, AEAD_AES_128_GCM: 28 };
  const length = cryptoSuite in lengths ? lengths[cryptoSuite as keyof typeof lengths] : 30;
  return { cryptoSuite, keyBase64: randomBytes(length).toString('base64') };
}
