import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createWorker } from 'mediasoup';
import type { PlainTransport, Router, WebRtcTransport, Worker } from 'mediasoup/types';
import type { Clock } from '../../src/clock/clock.ts';
import type { Peer } from '../../src/room/peer.ts';
import type { Room } from '../../src/room/room.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import { installEgressRemap } from '../../src/sfu/egress-remap.ts';
import { mediaCodecs } from '../../src/sfu/media-codecs.ts';
import { PeerTransport } from '../../src/sfu/peer-transport.ts';
import type { Publication } from '../../src/sfu/publication.ts';
import { RoomRouter } from '../../src/sfu/room-router.ts';
import type { Subscription } from '../../src/sfu/subscription.ts';
import { workerBinary } from '../../src/sfu/worker-binary.ts';
import { serializeExtendedRtp } from '../workers/mediasoup/rtp-bytes.ts';

const ip = '127.0.0.1';
/** The router's payload types: the first codec is Opus, the second VP8 with its retransmissions. */
const opus = { mimeType: 'audio/opus', payloadType: 100, clockRate: 48_000, channels: 2 };
const vp8 = { mimeType: 'video/VP8', payloadType: 101, clockRate: 90_000, rtcpFeedback: [{ type: 'nack' }] };
const rtx = { mimeType: 'video/rtx', payloadType: 102, clockRate: 90_000, parameters: { apt: 101 } };
/** A VP8 payload descriptor (RFC 7741) and the first bytes of a keyframe. */
const keyframe = Buffer.from([0x10, 0, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 64, 0]);

/** A room on a real media worker, whose peers send plain RTP over UDP instead of WebRTC. */
export class MediaRoom {
  readonly registry: RoomRegistry<RoomRouter>;
  readonly room: Room<RoomRouter>;
  readonly #worker: Worker;
  readonly #router: Router;
  readonly #peers: PlainPeer[] = [];

  private constructor(worker: Worker, router: Router, registry: RoomRegistry<RoomRouter>, room: Room<RoomRouter>) {
    this.#worker = worker;
    this.#router = router;
    this.registry = registry;
    this.room = room;
  }

  static async open(clock: Clock): Promise<MediaRoom> {
    installEgressRemap();
    const worker = await createWorker({ workerBin: workerBinary() });
    const router = await worker.createRouter({ mediaCodecs: mediaCodecs(null) });
    const openMedia = async () => new RoomRouter(router, { listenInfos: [{ protocol: 'udp', ip }] }, [ip]);
    const registry = new RoomRegistry({ events: new RoomEvents(), openMedia, clock });
    const config = { roomId: 'lobby', maxPeers: null, videoCodec: null, webhookUrl: null };
    const room = await registry.create({ ...config, peerlessPurgeTimeout: null, peerDisconnectedTimeout: null });
    return new MediaRoom(worker, router, registry, room);
  }

  /** A peer whose client is connected, without a transport yet. */
  connectPeer(): Peer {
    const peer = this.room.addPeer({ enableSimulcast: true });
    this.room.connectPeer(peer.id, { close: () => undefined });
    this.room.joinPeer(peer, null);
    return peer;
  }

  async openTransport(peer: Peer): Promise<PlainPeer> {
    const plain = await this.#router.createPlainTransport({ listenIp: ip, rtcpMux: true, comedia: true });
    const transport = new PeerTransport(peer.id, this.room.media, plain as unknown as WebRtcTransport);
    this.room.media.transports.set(peer.id, transport);
    const opened = new PlainPeer(transport, plain, await openSocket());
    this.#peers.push(opened);
    return opened;
  }

  async close(): Promise<void> {
    const ended = once(this.#worker, 'subprocessclose');
    await this.registry.close();
    for (const peer of this.#peers) peer.close();
    this.#worker.close();
    await ended;
  }
}

/** A peer's transport, and the socket of its client. */
export class PlainPeer {
  readonly transport: PeerTransport;
  readonly #port: number;
  readonly #socket: Socket;
  #sequenceNumber = 0;

  constructor(transport: PeerTransport, plain: PlainTransport, socket: Socket) {
    this.transport = transport;
    this.#port = plain.tuple.localPort;
    this.#socket = socket;
  }

  async publishAudio(trackId: string, ssrc: number): Promise<Publication> {
    const rtpParameters = { codecs: [opus], encodings: [{ ssrc }], rtcp: { cname: trackId } };
    return await this.transport.publish({ trackId, kind: 'audio', rtpParameters, encodings: [] });
  }

  /** Layers l, m, h have consecutive SSRCs; their retransmissions have 100 more. */
  async publishSimulcast(trackId: string, firstSsrc: number): Promise<Publication> {
    const layers = ['l', 'm', 'h'] as const;
    const encodings = layers.map((rid, index) => {
      const ssrc = firstSsrc + index;
      return { ssrc, rid, rtx: { ssrc: ssrc + 100 } };
    });
    const rtpParameters = { codecs: [vp8, rtx], encodings, rtcp: { cname: trackId } };
    return await this.transport.publish({ trackId, kind: 'video', rtpParameters, encodings: layers });
  }

  /** Forwards an audio track to this peer's socket. */
  async subscribe(publication: Publication, room: RoomRouter): Promise<Subscription> {
    // The transport learns the address of the receiver from its first packet.
    await this.send(Buffer.alloc(12, 0x80));
    const numbers = Object.fromEntries(
      (room.rtpCapabilities.codecs ?? []).map((codec) => [codec.preferredPayloadType, 111]),
    );
    const subscription = await this.transport.subscribe({
      publication,
      mid: '0',
      rtpCapabilities: room.rtpCapabilities,
      numbers: { payloadTypes: numbers, extensionIds: {} },
      rtx: false,
      target: 'h',
    });
    await subscription.resume();
    return subscription;
  }

  /** @returns the size of the packet, in bytes. */
  async sendAudio(ssrc: number): Promise<number> {
    return await this.#sendRtp(ssrc, opus.payloadType, Buffer.alloc(100, 1));
  }

  async sendVideo(ssrc: number): Promise<number> {
    return await this.#sendRtp(ssrc, vp8.payloadType, keyframe);
  }

  /** @param lost the sequence number of the packet that is sent again (RFC 4588). */
  async sendRetransmission(ssrc: number, lost: number): Promise<void> {
    await this.#sendRtp(ssrc, rtx.payloadType, Buffer.concat([Buffer.from([lost >> 8, lost & 0xff]), keyframe]));
  }

  async send(datagram: Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(datagram, this.#port, ip, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Waits for that many RTP packets of audio. */
  async receive(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      let left = count;
      const listen = (datagram: Buffer) => {
        // Plain transports are not remapped: the packets have the router's payload type.
        if ((datagram.readUInt8(1) & 0x7f) !== opus.payloadType || --left > 0) return;
        this.#socket.off('message', listen);
        resolve();
      };
      this.#socket.on('message', listen);
    });
  }

  close(): void {
    this.#socket.close();
  }

  async #sendRtp(ssrc: number, payloadType: number, payload: Buffer): Promise<number> {
    this.#sequenceNumber += 1;
    const sequenceNumber = this.#sequenceNumber;
    const timestamp = sequenceNumber * 960;
    const packet = serializeExtendedRtp({ payloadType, sequenceNumber, timestamp, ssrc, extensions: {}, payload });
    await this.send(packet);
    return packet.length;
  }
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, ip);
  await once(socket, 'listening');
  return socket;
}
