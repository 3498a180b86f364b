import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { types } from 'mediasoup';
import { createWorker } from 'mediasoup';
import type { Test } from 'tap';
import t from 'tap';
import { installEgressRemap, withEgress } from '../../../src/sfu/egress-remap.ts';
import { workerBinary } from '../../../src/sfu/worker-binary.ts';
import { DtlsPeer } from './dtls-peer.ts';
import { parseExtendedRtp, serializeExtendedRtp } from './rtp-bytes.ts';

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const ABS_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const TRANSPORT_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const ORIENTATION = 'urn:3gpp:video-orientation';

/** The router's own ids, fixed by mediasoup. */
const CANONICAL = { mid: 1, absSendTime: 4, transportCc: 5, orientation: 8 };
/** Crossed with the router's on purpose: a forgotten translation would be taken for another extension. */
const WIRE = { mid: 4, absSendTime: 8, transportCc: 1 };
const WIRE_VP8 = 45;
const WIRE_RTX = 46;

const PROBATION_SSRC = 1234;
const PRODUCER_SSRC = 0x11223344;
const KEY_FRAME = Buffer.from('10' + '509d01' + '9d012a40016001' + 'c0ffee', 'hex');

const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;

/** A router with one VP8 producer that is fed from a UDP socket. */
async function feed(t: Test) {
  installEgressRemap();
  const worker = await createWorker({ workerBin: workerBinary() });
  t.teardown(() => worker.close());
  const router = await worker.createRouter({
    mediaCodecs: [{ kind: 'video', mimeType: 'video/VP8', clockRate: 90000 }],
  });
  const source = await router.createPlainTransport({ listenInfo, rtcpMux: true, comedia: true });
  const producer = await source.produce({
    kind: 'video',
    rtpParameters: {
      codecs: [{ mimeType: 'video/VP8', payloadType: 100, clockRate: 90000 }],
      headerExtensions: [{ uri: ORIENTATION, id: 3 }],
      encodings: [{ ssrc: PRODUCER_SSRC }],
    },
  });
  const socket = createSocket('udp4');
  socket.connect(source.tuple.localPort, '127.0.0.1');
  await once(socket, 'connect');
  t.teardown(() => socket.close());
  return { worker, router, producer, socket };
}

function packet(sequenceNumber: number) {
  return {
    payloadType: 100,
    marker: true,
    sequenceNumber,
    timestamp: 90000 + sequenceNumber,
    ssrc: PRODUCER_SSRC,
    extensions: { 3: Buffer.from([0x03]) },
    payload: Buffer.concat([KEY_FRAME, Buffer.from([sequenceNumber])]),
  };
}

function numbers({ codecs = [] }: types.RtpCapabilities) {
  const payloadTypeOf = (mimeType: string) =>
    codecs.find((codec) => codec.mimeType.toLowerCase() === mimeType)?.preferredPayloadType ?? Number.NaN;
  return {
    canonical: { vp8: payloadTypeOf('video/vp8'), rtx: payloadTypeOf('video/rtx') },
    egress: {
      payloadTypes: { [payloadTypeOf('video/vp8')]: WIRE_VP8, [payloadTypeOf('video/rtx')]: WIRE_RTX },
      extensionIds: { [MID]: WIRE.mid, [ABS_SEND_TIME]: WIRE.absSendTime, [TRANSPORT_CC]: WIRE.transportCc },
    },
  };
}

async function connectedTransport(t: Test, router: types.Router, initialAvailableOutgoingBitrate?: number) {
  const transport = await router.createWebRtcTransport({ listenInfos: [listenInfo], initialAvailableOutgoingBitrate });
  const peer = await DtlsPeer.connect(transport);
  t.teardown(() => peer.close());
  return { transport, peer };
}

const ssrcOf = (consumer: types.Consumer) => consumer.rtpParameters.encodings?.[0]?.ssrc;
const rtxSsrcOf = (consumer: types.Consumer) => consumer.rtpParameters.encodings?.[0]?.rtx?.ssrc;
const isOf = (ssrc: number | undefined) => (packet: Buffer) => packet.readUInt32BE(8) === ssrc;

t.test('a remapped and a plain consumer of one producer get their own numbers', async (t) => {
  const { router, producer, socket } = await feed(t);
  const { canonical, egress } = numbers(router.rtpCapabilities);
  const remapped = await connectedTransport(t, router);
  const plain = await connectedTransport(t, router);
  const remappedConsumer = await remapped.transport.consume({
    producerId: producer.id,
    mid: 'remapped',
    rtpCapabilities: withEgress(router.rtpCapabilities, egress),
  });
  const plainConsumer = await plain.transport.consume({
    producerId: producer.id,
    mid: 'plain',
    rtpCapabilities: router.rtpCapabilities,
  });

  for (const sequenceNumber of [1, 2, 3]) {
    const sent = packet(sequenceNumber);
    socket.send(serializeExtendedRtp(sent));
    const rawRemapped = await remapped.peer.receive(isOf(ssrcOf(remappedConsumer)));
    const rawPlain = await plain.peer.receive(isOf(ssrcOf(plainConsumer)));
    const a = parseExtendedRtp(rawRemapped);
    const b = parseExtendedRtp(rawPlain);

    t.equal(a.payloadType, WIRE_VP8);
    t.equal(b.payloadType, canonical.vp8, 'the plain consumer speaks the numbers of the router');
    t.ok(a.marker && b.marker);
    t.same(a.payload, sent.payload);
    t.same(b.payload, sent.payload);

    t.same(Object.keys(a.extensions).map(Number).sort(), [WIRE.transportCc, WIRE.mid, WIRE.absSendTime].sort());
    t.equal(a.extensions[WIRE.mid]?.toString(), 'remapped');
    t.equal(a.extensions[WIRE.transportCc]?.length, 2);
    t.equal(a.extensions[WIRE.absSendTime]?.length, 3);
    t.same(Object.keys(b.extensions).map(Number).sort(), Object.values(CANONICAL).sort());
    t.equal(b.extensions[CANONICAL.mid]?.toString(), 'plain');
    t.same(b.extensions[CANONICAL.orientation], Buffer.from([0x03]));

    // The orientation is the last extension of the packet; its element takes two bytes. Only zeroes may be left of it.
    t.equal(a.extensionBlock.length, b.extensionBlock.length, 'translation keeps the length');
    const start = b.extensionBlock.indexOf(Buffer.from([CANONICAL.orientation << 4, 0x03]));
    t.ok(start > 0);
    t.same(a.extensionBlock.subarray(start), Buffer.alloc(a.extensionBlock.length - start));
  }
});

t.test('a retransmission over RTX is remapped and repeats the packet', async (t) => {
  const { router, producer, socket } = await feed(t);
  const { egress } = numbers(router.rtpCapabilities);
  const { transport, peer } = await connectedTransport(t, router);
  const consumer = await transport.consume({
    producerId: producer.id,
    mid: 'video',
    rtpCapabilities: withEgress(router.rtpCapabilities, egress),
  });
  socket.send(serializeExtendedRtp(packet(7)));
  const original = parseExtendedRtp(await peer.receive(isOf(ssrcOf(consumer))));
  await peer.nack(original.ssrc, original.sequenceNumber);
  const repeated = parseExtendedRtp(await peer.receive(isOf(rtxSsrcOf(consumer))));

  t.equal(repeated.payloadType, WIRE_RTX);
  t.equal(repeated.payload.readUInt16BE(0), original.sequenceNumber, 'original sequence number (RFC 4588 section 4)');
  t.same(repeated.payload.subarray(2), original.payload);
  t.equal(repeated.extensions[WIRE.mid]?.toString(), 'video');
  t.same(Object.keys(repeated.extensions).map(Number).sort(), [WIRE.transportCc, WIRE.mid, WIRE.absSendTime].sort());

  // The stored packet must still be the router's: a second retransmission has the same to say.
  socket.send(serializeExtendedRtp(packet(8)));
  const next = parseExtendedRtp(await peer.receive(isOf(ssrcOf(consumer))));
  t.equal(next.payloadType, WIRE_VP8);
});

t.test('probing packets have the extension ids of the video on their transport', async (t) => {
  const { router, producer, socket } = await feed(t);
  const { egress } = numbers(router.rtpCapabilities);
  const { transport, peer } = await connectedTransport(t, router, 10_000_000);
  const consumer = await transport.consume({
    producerId: producer.id,
    rtpCapabilities: withEgress(router.rtpCapabilities, egress),
  });
  socket.send(serializeExtendedRtp(packet(1)));
  await peer.receive(isOf(ssrcOf(consumer)));
  const probation = parseExtendedRtp(await peer.receive(isOf(PROBATION_SSRC)));

  t.same(Object.keys(probation.extensions).map(Number).sort(), [WIRE.transportCc, WIRE.mid, WIRE.absSendTime].sort());
  t.equal(probation.extensions[WIRE.mid]?.toString(), 'probator');
});
