import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { GenericNack, RtcpPacketConverter, RtcpTransportLayerFeedback } from 'werift';
import { seededRandom } from '../seeded-random.ts';

export interface LossyLinkOptions {
  /** Share of packets that are lost, from 0 to 1; those that are sent again are no exception. */
  readonly loss: number;
  /** Of what is lost. */
  readonly seed: number;
  /** Milliseconds from a request until what it asks for is sent. */
  readonly roundTrip: number;
}

/** Packets that can be sent again. */
const kept = 1024;
const address = '127.0.0.1';

/**
 * A sender's side of a network that loses packets: remembers what was sent and sends it again when it is asked to (RFC 4585
 * section 6.2.1).
 */
export class LossyLink {
  readonly #options: LossyLinkOptions;
  readonly #random: () => number;
  /** For the sender. */
  readonly #inside = createSocket('udp4');
  /** For the receiver. */
  readonly #outside = createSocket('udp4');
  readonly #sent = new Map<number, Buffer>();
  readonly #onTheirWay = new Set<NodeJS.Timeout>();
  #receiver = 0;
  #lost = 0;
  #resent = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: LossyLinkOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#inside.on('message', (packet) => this.#send(packet));
    this.#outside.on('message', (packet) => this.#answer(packet));
  }

  static async open(options: LossyLinkOptions): Promise<LossyLink> {
    const link = new LossyLink(options);
    for (const socket of [link.#inside, link.#outside]) await once(socket.bind(0, address), 'listening');
    return link;
  }

  /** Where the sender sends to, on 127.0.0.1. */
  get port(): number {
    return this.#inside.address().port;
  }

  /** Where the receiver sends its requests to. */
  get ownPort(): number {
    return this.#outside.address().port;
  }

  /** Packets that the network lost. */
  get lost(): number {
    return this.#lost;
  }

  /** Packets that were sent again. */
  get resent(): number {
    return this.#resent;
  }

  /** @param receiver port on 127.0.0.1 */
  connect(receiver: number): void {
    this.#receiver = receiver;
  }

  /** Reports are never lost. */
  sendReport(report: Buffer): void {
    this.#outside.send(report, this.#receiver, address);
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const timer of this.#onTheirWay) clearTimeout(timer);
    const sockets = [this.#inside, this.#outside];
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  #send(packet: Buffer): void {
    const sequenceNumber = packet.readUInt16BE(2);
    this.#sent.set(sequenceNumber, packet);
    this.#sent.delete((sequenceNumber - kept) & 0xffff);
    this.#out(packet);
  }

  #answer(compound: Buffer): void {
    for (const packet of RtcpPacketConverter.deSerialize(compound)) {
      if (!(packet instanceof RtcpTransportLayerFeedback) || !(packet.feedback instanceof GenericNack)) continue;
      for (const sequenceNumber of packet.feedback.lost) {
        const missing = this.#sent.get(sequenceNumber & 0xffff);
        if (missing) this.#resend(missing);
      }
    }
  }

  #resend(packet: Buffer): void {
    const timer = setTimeout(() => {
      this.#onTheirWay.delete(timer);
      this.#resent += 1;
      this.#out(packet);
    }, this.#options.roundTrip);
    this.#onTheirWay.add(timer);
  }

  #out(packet: Buffer): void {
    if (this.#random() < this.#options.loss) this.#lost += 1;
    else this.#outside.send(packet, this.#receiver, address);
  }
}
