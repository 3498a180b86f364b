import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createWorker, type types } from 'mediasoup';
import { parse } from 'sdp-transform';
import { type EgressNumbers, installEgressRemap, withEgress } from '../../../src/sfu/egress-remap.ts';
import { workerBinary } from '../../../src/sfu/worker-binary.ts';
import { atOnce } from './at-once.ts';
import type { Cleanup } from './cleanup.ts';
import { cpuTime } from './process-usage.ts';
import type { Receivers } from './receivers.ts';
import { VideoSource } from './video-source.ts';

const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;
const payloadType = 96;
const ssrc = 0x11223344;
const settleTime = 300;

/** What one round of forwarding took. */
export interface Round {
  readonly packets: number;
  /** Microseconds of processor time per forwarded packet. */
  readonly cost: number;
}

/** One publisher and many WebRTC receivers on one media worker, without the signalling. */
export class SfuRoom {
  readonly #worker: types.Worker;
  readonly #router: types.Router;
  readonly #producer: types.Producer;
  readonly #transports: readonly types.WebRtcTransport[];

  private constructor(
    worker: types.Worker,
    router: types.Router,
    producer: types.Producer,
    transports: readonly types.WebRtcTransport[],
  ) {
    this.#worker = worker;
    this.#router = router;
    this.#producer = producer;
    this.#transports = transports;
  }

  /** @param rate packets per second that are published */
  static async open(cleanup: Cleanup, receivers: Receivers, count: number, rate: number): Promise<SfuRoom> {
    installEgressRemap();
    const worker = await createWorker({ workerBin: workerBinary() });
    cleanup.teardown(() => worker.close());
    const router = await worker.createRouter({
      mediaCodecs: [{ kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 }],
    });
    const transports = await atOnce(4, Array(count).fill(undefined), async () => {
      // Frozen clients do not say that they are still there.
      const transport = await router.createWebRtcTransport({ listenInfos: [listenInfo], iceConsentTimeout: 0 });
      await receivers.connect(offerOf(transport), (answer) => accept(transport, answer));
      return transport;
    });
    const producer = await publish(cleanup, router, rate);
    return new SfuRoom(worker, router, producer, transports);
  }

  /** Consumers of the video, one per receiver, paused. @param numbers what to remap to; without: plain consumers */
  async consume(
    numbers: ((capabilities: types.RtpCapabilities) => EgressNumbers) | undefined,
  ): Promise<types.Consumer[]> {
    const { rtpCapabilities } = this.#router;
    const wanted = numbers ? withEgress(rtpCapabilities, numbers(rtpCapabilities)) : rtpCapabilities;
    const options = { producerId: this.#producer.id, rtpCapabilities: wanted, paused: true };
    return await Promise.all(this.#transports.map((transport) => transport.consume(options)));
  }

  /** Forwards to these consumers alone for a while. @param duration milliseconds */
  async forward(consumers: readonly types.Consumer[], duration: number): Promise<Round> {
    await Promise.all(consumers.map((consumer) => consumer.resume()));
    await delay(settleTime);
    const before = { packets: await packetsSent(consumers), cpu: await cpuTime(this.#worker.pid) };
    await delay(duration);
    const cpu = (await cpuTime(this.#worker.pid)) - before.cpu;
    const packets = (await packetsSent(consumers)) - before.packets;
    await Promise.all(consumers.map((consumer) => consumer.pause()));
    return { packets, cost: cpu / packets };
  }
}

async function publish(cleanup: Cleanup, router: types.Router, rate: number): Promise<types.Producer> {
  const transport = await router.createPlainTransport({ listenInfo, rtcpMux: true, comedia: true });
  const codecs = [{ mimeType: 'video/VP8', payloadType, clockRate: 90_000 }];
  const producer = await transport.produce({ kind: 'video', rtpParameters: { codecs, encodings: [{ ssrc }] } });
  const socket = createSocket('udp4');
  socket.connect(transport.tuple.localPort, '127.0.0.1');
  await once(socket, 'connect');
  const source = new VideoSource({ rate, payloadType, ssrc, send: (packet) => socket.send(packet) });
  cleanup.teardown(() => {
    source.close();
    socket.close();
  });
  return producer;
}

async function packetsSent(consumers: readonly types.Consumer[]): Promise<number> {
  const counts = await Promise.all(
    consumers.map(async (consumer) => {
      const stats = await consumer.getStats();
      return Number(stats.find(({ type }) => type === 'outbound-rtp')?.packetCount ?? 0);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What a receiver has to know to connect; what it will get over this connection is none of its business. */
function offerOf({ iceParameters, iceCandidates, dtlsParameters }: types.WebRtcTransport): string {
  const { algorithm, value } = dtlsParameters.fingerprints.find((one) => one.algorithm === 'sha-256') ?? {};
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'a=group:BUNDLE 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendonly',
    'a=rtcp-mux',
    'a=rtpmap:96 VP8/90000',
    'a=setup:actpass',
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    `a=fingerprint:${algorithm} ${value}`,
    ...iceCandidates.map(
      ({ foundation, protocol, priority, address, port }) =>
        `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ host`,
    ),
    'a=end-of-candidates',
    '',
  ].join('\r\n');
}

async function accept(transport: types.WebRtcTransport, answer: string): Promise<void> {
  const { media, fingerprint } = parse(answer);
  const { type, hash } = media[0]?.fingerprint ?? fingerprint ?? { type: '', hash: '' };
  const fingerprints = [{ algorithm: type as types.FingerprintAlgorithm, value: hash }];
  await transport.connect({ dtlsParameters: { role: 'client', fingerprints } });
}
