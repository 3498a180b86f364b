import { createWorker } from 'mediasoup';
import t from 'tap';
import { workerBinary } from '../../../src/sfu/worker-binary.ts';
import { DtlsPeer } from './dtls-peer.ts';

const mediaCodecs = [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 }] as const;

for (const role of ['client', 'server'] as const) {
  // OpenSSL with kernel TLS, as distributions build it, crashed the unpatched worker here.
  t.test(`the worker completes a DTLS handshake with a peer that is the ${role}`, async (t) => {
    const worker = await createWorker({ workerBin: workerBinary() });
    t.teardown(() => worker.close());
    const router = await worker.createRouter({ mediaCodecs: [...mediaCodecs] });
    const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
    const peer = await DtlsPeer.connect(transport, role);
    t.teardown(() => peer.close());
    t.equal(transport.dtlsState, 'connected');
    t.notOk(worker.died);
  });
}
