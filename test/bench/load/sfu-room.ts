import type { types } from 'mediasoup';
import { type EgressNumbers, installEgressRemap, withEgress } from '../../../src/sfu/egress-remap.ts';
import { startWorker } from '../../../src/sfu/start-worker.ts';
import { workerBinary } from '../../../src/sfu/worker-binary.ts';
import { atOnce } from './at-once.ts';
import type { Cleanup } from './cleanup.ts';
import { measureForwarding } from './forwarding-round.ts';
import { Publisher, publishedPayloadType } from './publisher.ts';
import type { Receivers } from './receivers.ts';
import type { Round } from './round.ts';
import { connectTransport, describe } from './worker-sdp.ts';

const listenInfos: types.TransportListenInfo[] = [{ protocol: 'udp', ip: '127.0.0.1' }];

/** One publisher and many WebRTC receivers on one media worker, without the signalling. */
export class SfuRoom {
  readonly #worker: types.Worker;
  readonly #router: types.Router;
  readonly #producer: types.Producer;
  readonly #publisher: Publisher;
  readonly #transports: readonly types.WebRtcTransport[];

  private constructor(parts: {
    worker: types.Worker;
    router: types.Router;
    producer: types.Producer;
    publisher: Publisher;
    transports: readonly types.WebRtcTransport[];
  }) {
    this.#worker = parts.worker;
    this.#router = parts.router;
    this.#producer = parts.producer;
    this.#publisher = parts.publisher;
    this.#transports = parts.transports;
  }

  /** @param rate packets per second that are published */
  static async open(cleanup: Cleanup, receivers: Receivers, count: number, rate: number): Promise<SfuRoom> {
    installEgressRemap();
    const worker = await startWorker({ workerBin: workerBinary() });
    cleanup.teardown(() => worker.close());
    const router = await worker.createRouter({
      mediaCodecs: [{ kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 }],
    });
    const transports = await atOnce(4, Array(count).fill(undefined), async () => {
      // Frozen clients do not say that they are still there.
      const transport = await router.createWebRtcTransport({ listenInfos, iceConsentTimeout: 0 });
      await receivers.connect(describe(transport, 'offer to send'), (answer) => connectTransport(transport, answer));
      return transport;
    });
    return new SfuRoom({ worker, router, transports, ...(await publish(cleanup, router, rate)) });
  }

  /** Consumers of the video, one per receiver, paused. @param numbers what to remap to; without: plain consumers */
  async consume(numbers?: (capabilities: types.RtpCapabilities) => EgressNumbers): Promise<types.Consumer[]> {
    const { rtpCapabilities } = this.#router;
    const wanted = numbers ? withEgress(rtpCapabilities, numbers(rtpCapabilities)) : rtpCapabilities;
    const options = { producerId: this.#producer.id, rtpCapabilities: wanted, paused: true };
    return await Promise.all(this.#transports.map((transport) => transport.consume(options)));
  }

  /** Forwards to these consumers alone for a while. @param duration milliseconds @param others processes that count, too */
  async forward(
    consumers: readonly types.Consumer[],
    duration: number,
    others: readonly number[] = [],
  ): Promise<Round> {
    const pids = [this.#worker.pid, ...others];
    return await measureForwarding({ pids, source: this.#publisher.source, consumers, duration });
  }
}

async function publish(cleanup: Cleanup, router: types.Router, rate: number) {
  const transport = await router.createWebRtcTransport({ listenInfos, iceConsentTimeout: 0 });
  const publisher = await Publisher.connect(cleanup, rate, async (offer) => {
    await connectTransport(transport, offer);
    return describe(transport, 'answer to receive');
  });
  const codecs = [{ mimeType: 'video/VP8', payloadType: publishedPayloadType, clockRate: 90_000 }];
  const rtpParameters = { codecs, encodings: [{ ssrc: publisher.ssrc }] };
  return { publisher, producer: await transport.produce({ kind: 'video', rtpParameters }) };
}

/** Numbers for the wire that differ from the router's everywhere. */
export function otherNumbers({ codecs = [], headerExtensions = [] }: types.RtpCapabilities): EgressNumbers {
  const payloadTypes = codecs.map(({ preferredPayloadType }, index) => [preferredPayloadType, 45 + index]);
  const extensionIds = headerExtensions.map(({ uri, preferredId }) => [uri, (preferredId % 13) + 1]);
  return { payloadTypes: Object.fromEntries(payloadTypes), extensionIds: Object.fromEntries(extensionIds) };
}
