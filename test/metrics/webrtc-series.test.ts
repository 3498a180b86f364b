import { X509Certificate } from 'node:crypto';
import { createWorker } from 'mediasoup';
import { Registry } from 'prom-client';
import t from 'tap';
import { createWebrtcSeries } from '../../src/metrics/webrtc-series.ts';
import { PeerTransport } from '../../src/sfu/peer-transport.ts';
import { workerBinary } from '../../src/sfu/worker-binary.ts';
import { DtlsPeer } from '../workers/mediasoup/dtls-peer.ts';

const sha1 = 'AES_CM_128_HMAC_SHA1_80';
const gcm = 'AEAD_AES_128_GCM';

t.test('clients are counted by the SRTP profile that the server prefers, as long as they are connected', async (t) => {
  const worker = await createWorker({ workerBin: workerBinary() });
  t.teardown(() => worker.close());
  const router = await worker.createRouter();
  const owner = { addPublication: async () => undefined, transportClosing: () => undefined };
  const transports: PeerTransport[] = [];
  const registry = new Registry();
  createWebrtcSeries(registry, () => transports);
  const counts = async () => {
    const lines = (await registry.metrics()).matchAll(/^shoal_webrtc_clients\{srtp_profile="(\w+)"\} ([1-9])$/gm);
    return Object.fromEntries([...lines].map(([, profile, count]) => [profile, Number(count)]));
  };
  const connect = async (profiles: (typeof sha1 | typeof gcm)[]) => {
    const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
    transports.push(new PeerTransport('peer', owner, transport));
    const before = await counts();
    const peer = await DtlsPeer.connect(transport, 'client', profiles);
    t.teardown(() => peer.close());
    t.ok(new X509Certificate(transport.dtlsRemoteCert ?? '').fingerprint256, 'its certificate can be read as before');
    return before;
  };
  t.strictSame(await connect([sha1, gcm]), {}, 'not before its handshake');
  await connect([sha1, gcm]);
  await connect([sha1]);
  t.strictSame(await counts(), { [gcm]: 2, [sha1]: 1 });
  t.match(await registry.metrics(), 'shoal_webrtc_clients{srtp_profile="AEAD_AES_256_GCM"} 0');
  transports[0]?.close();
  t.strictSame(await counts(), { [gcm]: 1, [sha1]: 1 });
});
