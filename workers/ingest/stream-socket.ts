import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Clock } from '../../src/clock/clock.ts';
import { JitterBuffer } from '../../src/media/jitter-buffer.ts';
import { isRtcp } from '../../src/media/rtp/rtcp.ts';
import { parseRtp, type RtpPacket, readRetransmission } from '../../src/media/rtp/rtp-packet.ts';
import type { ForwardedStream } from '../../src/sfu/rtp-forward.ts';

/** A packet with its time of arrival, in ms of the clock. */
export interface Arrival {
  readonly packet: RtpPacket;
  readonly at: number;
}

/** Receive buffer size, in bytes; the kernel may grant less. */
const receiveBuffer = 4 * 1024 * 1024;
/** Maximum number of packets that are held while one is missing, and maximum distance of a late packet. */
const order = { maxHeld: 1024, maxBehind: 3000 };

export interface StreamSocketOptions {
  readonly stream: ForwardedStream;
  /** A monotonic clock. */
  readonly clock: Clock;
  /** Time that a missing packet is waited for, in ms. */
  readonly delay: number;
  /** Called with packets in order. @param afterLoss whether packets before it are lost */
  readonly onPacket: (arrival: Arrival, afterLoss: boolean) => void;
}

/**
 * The UDP socket of a track, which emits its packets in order. Packets of other streams, such as bandwidth probes, are ignored. So is RTCP:
 * mediasoup's reports contain less than those of the sender, which the server passes on.
 */
export class StreamSocket {
  readonly #options: StreamSocketOptions;
  readonly #socket: Socket = createSocket({ type: 'udp4', recvBufferSize: receiveBuffer });
  readonly #buffer: JitterBuffer<Arrival>;
  #closing: Promise<void> | undefined;

  constructor(options: StreamSocketOptions) {
    const { clock, delay, onPacket } = options;
    this.#options = options;
    this.#buffer = new JitterBuffer({
      ...order,
      clock,
      delay,
      deliver: (arrival, lost) => onPacket(arrival, lost !== 0),
    });
    this.#socket.on('message', (message) => this.#receive(message));
  }

  /** Opens the socket. @returns its port on 127.0.0.1. @throws when no port is free */
  async listen(): Promise<number> {
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return this.#socket.address().port;
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#buffer.close();
    this.#closing ??= new Promise((resolve) => this.#socket.close(resolve));
    return this.#closing;
  }

  #receive(message: Buffer): void {
    if (isRtcp(message)) return;
    const packet = this.#accept(parseRtp(message));
    if (packet) this.#buffer.push({ packet, at: this.#options.clock.now() });
  }

  /** The packet if it belongs to the stream or is a retransmission of it. */
  #accept(packet: RtpPacket | undefined): RtpPacket | undefined {
    const { stream } = this.#options;
    if (packet?.ssrc === stream.ssrc && packet.payloadType === stream.payloadType) return packet;
    const repeats = packet && packet.ssrc === stream.rtxSsrc && packet.payloadType === stream.rtxPayloadType;
    return repeats ? readRetransmission(packet, stream) : undefined;
  }
}
