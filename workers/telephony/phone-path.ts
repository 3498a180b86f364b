import type { RemoteInfo, Socket } from 'node:dgram';
import type { NegotiatedMedia } from '../../src/component/sip/media/negotiated-media.ts';
import type { MediaClock } from '../../src/media/media-clock.ts';
import { isRtcp } from '../../src/media/rtp/rtcp.ts';
import { parseRtp, type RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import { SrtpReceiver, SrtpSender } from '../../src/media/rtp/srtp.ts';
import type { PhoneSockets } from './phone-sockets.ts';
import { type RemoteAddress, RemoteLatch } from './remote-latch.ts';

/** After the loss of a process, the phone's numbers may have wrapped so often: in 18 hours. */
const maxRollOver = 50;
const maxPort = 65_535;

export interface PathListener {
  /** Whether packets of this type come from the phone. */
  expects(payloadType: number): boolean;
  rtp(packet: RtpPacket): void;
  rtcp(compound: Buffer): void;
}

/** The way between us and the phone: sockets, addresses, encryption. Only what comes from the phone gets through. */
export class PhonePath {
  readonly #sockets: PhoneSockets;
  readonly #clock: MediaClock;
  readonly #listener: PathListener;
  readonly #latch = new RemoteLatch();
  readonly #resumed: boolean;
  #media: NegotiatedMedia | undefined;
  #sealing: SrtpSender | undefined;
  #opening: SrtpReceiver | undefined;
  /** Where its RTCP comes from, if not from where RTP does. */
  #rtcpFrom: RemoteAddress | undefined;
  #strangers = 0;
  #closed = false;

  /** @param resumed whether another process has spoken to the phone before */
  constructor(sockets: PhoneSockets, clock: MediaClock, resumed: boolean, listener: PathListener) {
    this.#sockets = sockets;
    this.#clock = clock;
    this.#resumed = resumed;
    this.#listener = listener;
    sockets.rtp.on('message', (message, from) => this.#receive(message, addressOf(from)));
    sockets.rtcp.on('message', (message, from) => this.#receiveRtcp(message, addressOf(from)));
  }

  /** Our port for RTP. */
  get port(): number {
    return this.#sockets.port;
  }

  /** Packets that were dropped because they are not those of the phone. */
  get strangers(): number {
    return this.#strangers;
  }

  /** Nothing is received before the first call. @throws RangeError when a key of SRTP has not 30 bytes */
  use(media: NegotiatedMedia): void {
    const before = this.#media?.srtp;
    const { srtp } = media;
    // the same keys go on with the same counters: no number of a packet may be used twice
    const same = (which: 'local' | 'remote') => srtp && before?.suite === srtp.suite && before[which] === srtp[which];
    if (!same('local')) this.#sealing = srtp && new SrtpSender({ suite: srtp.suite, key: srtp.local });
    if (!same('remote')) {
      const wraps = this.#resumed && !this.#media ? maxRollOver : 0;
      this.#opening = srtp && new SrtpReceiver({ suite: srtp.suite, key: srtp.remote }, wraps);
    }
    this.#media = media;
    this.#latch.describe(media.remote, srtp !== undefined);
  }

  send(packet: Buffer): void {
    const { remote } = this.#latch;
    if (!remote || this.#closed) return;
    this.#send(this.#sockets.rtp, this.#sealing?.rtp(packet) ?? packet, remote);
  }

  sendRtcp(compound: Buffer): void {
    const { remote } = this.#latch;
    if (!remote || this.#closed) return;
    const sealed = this.#sealing?.rtcp(compound) ?? compound;
    if (this.#media?.rtcpMux) this.#send(this.#sockets.rtp, sealed, remote);
    else this.#send(this.#sockets.rtcp, sealed, { ...remote, port: this.#rtcpFrom?.port ?? remote.port + 1 });
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#sockets.close();
  }

  /** There may be no such port: RTP at the last one, or a forged packet from 0. */
  #send(socket: Socket, bytes: Buffer, { port, address }: RemoteAddress): void {
    if (port > 0 && port <= maxPort) socket.send(bytes, port, address);
  }

  #receive(message: Buffer, from: RemoteAddress): void {
    if (this.#media?.rtcpMux && isRtcp(message)) {
      this.#acceptRtcp(message, this.#isPhone(from));
      return;
    }
    const now = this.#clock.monotonic();
    const packet = this.#latch.permits(from, now) ? this.#open(message) : undefined;
    if (!packet) return this.#drop();
    this.#latch.take(from, now);
    this.#listener.rtp(packet);
  }

  #receiveRtcp(message: Buffer, from: RemoteAddress): void {
    const { remote } = this.#latch;
    const known = this.#rtcpFrom ?? from;
    const right = this.#latch.latched && !this.#media?.rtcpMux && from.address === remote?.address;
    if (this.#acceptRtcp(message, right && (known.address !== from.address || known.port === from.port))) {
      this.#rtcpFrom = from;
    }
  }

  /** The phone is known by its RTP only. */
  #isPhone({ address, port }: RemoteAddress): boolean {
    const { latched, remote } = this.#latch;
    return latched && remote?.address === address && remote.port === port;
  }

  #acceptRtcp(message: Buffer, right: boolean): boolean {
    const opened = right && isRtcp(message) && message.length >= 8 ? this.#openRtcp(message) : undefined;
    if (opened) this.#listener.rtcp(opened);
    else this.#drop();
    return opened !== undefined;
  }

  #open(message: Buffer): RtpPacket | undefined {
    const type = (message[1] ?? 0) & 0x7f;
    if (!this.#listener.expects(type)) return undefined;
    const plain = this.#opening ? this.#opening.rtp(message) : message;
    return plain && parseRtp(plain);
  }

  #openRtcp(message: Buffer): Buffer | undefined {
    return this.#opening ? this.#opening.rtcp(message) : message;
  }

  #drop(): void {
    this.#strangers += 1;
  }
}

/** On a socket of both families, IPv4 comes as a part of IPv6. */
function addressOf({ address, port }: RemoteInfo): RemoteAddress {
  return { address: address.startsWith('::ffff:') ? address.slice(7) : address, port };
}
