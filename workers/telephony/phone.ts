import type { RemoteInfo, Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import type { Clock } from '../../src/clock/clock.ts';
import type { NegotiatedMedia } from '../../src/component/sip/media/negotiated-media.ts';
import type { PhoneMediaEvents } from '../../src/component/sip/media/phone-media.ts';
import type { FeedAddress } from '../../src/component/sip/media/telephony-message.ts';
import { SipError } from '../../src/component/sip/sip-error.ts';
import { parseRtp, type RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import { MixSender } from './mix-sender.ts';
import { PhoneReceiver } from './phone-receiver.ts';
import { type PhoneSocketOptions, PhoneSockets } from './phone-sockets.ts';
import { RemoteLatch } from './remote-latch.ts';
import { RoomFeed } from './room-feed.ts';
import { RoomVoice } from './room-voice.ts';

export interface PhoneOptions extends PhoneSocketOptions {
  readonly clock: Clock;
  /** CNAME of our reports to the phone and to the room. */
  readonly cname: string;
  /** Time without RTP after which the phone is silent, in ms. Default 30 s. */
  readonly mediaTimeout?: number;
}

/** The phone's end of a call: RTP in both directions, its codec, its keys. */
export class Phone {
  readonly observer = new EventEmitter<PhoneMediaEvents>();
  /** Our UDP port for RTP. */
  readonly port: number;
  readonly #options: PhoneOptions;
  readonly #sockets: PhoneSockets;
  readonly #latch = new RemoteLatch();
  #media: NegotiatedMedia | undefined;
  #sender: MixSender | undefined;
  #receiver: PhoneReceiver | undefined;
  #feed: RoomFeed | undefined;
  #voice: RoomVoice | undefined;
  #audible = true;
  #strangers = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: PhoneOptions, sockets: PhoneSockets) {
    this.#options = options;
    this.#sockets = sockets;
    this.port = sockets.port;
    sockets.rtp.on('message', (message, from) => this.#receive(message, from));
  }

  /** @throws SipError no_port when all ports are in use */
  static async open(options: PhoneOptions): Promise<Phone> {
    return new Phone(options, await PhoneSockets.open(options));
  }

  /** Samples per second that {@link play} takes; undefined when it takes none: before {@link use}, and on hold. */
  get rate(): 8000 | 48_000 | undefined {
    return this.#media?.sending && !this.#closing ? this.#sender?.rate : undefined;
  }

  /** Packets that were dropped because they are not those of the phone. */
  get strangers(): number {
    return this.#strangers;
  }

  /** Starts, or changes after a re-INVITE. */
  use(media: NegotiatedMedia): void {
    const { clock } = this.#options;
    const codec = this.#media?.codec;
    this.#media = media;
    this.#latch.describe(media.remote, media.srtp !== undefined);
    if (this.#sender) this.#sender.use(media);
    else this.#sender = new MixSender(media, clock, (packet) => this.#send(this.#sockets.rtp, packet));
    if (this.#receiver) this.#receiver.use(media);
    else this.#receiver = this.#openReceiver(media);
    if (media.codec !== codec) this.#voice?.use(media.codec);
    this.#openVoice();
  }

  /**
   * Sends what the phone says to the room's feed. A later call moves it to another feed.
   * @param from our port on 127.0.0.1 in a process that is lost: the feed accepts no other one
   * @returns our port on 127.0.0.1, for `UdpFeed.connect`
   */
  async join(address: FeedAddress, from?: number): Promise<number> {
    const feed = await RoomFeed.open(address, this.#options.cname, from);
    if (this.#closing) {
      await feed.close();
      throw new SipError('closed');
    }
    const before = this.#feed;
    this.#feed = feed;
    this.#voice = undefined;
    this.#openVoice();
    await before?.close();
    return feed.port;
  }

  /** Whether the room hears the phone. Default true. */
  setAudible(audible: boolean): void {
    this.#audible = audible;
    this.#voice?.setAudible(audible);
  }

  /** Sends 20 ms of one channel, {@link rate} / 50 samples, which are not kept. To be called once per tick, with silence too. */
  play(samples: Int16Array): void {
    if (!this.#closing) this.#sender?.play(samples);
  }

  /** As `PhoneMedia.sendDtmf`. Goes on while {@link play} is called. */
  async sendDtmf(digits: string, duration: number): Promise<void> {
    await Promise.resolve([digits, duration]);
    throw new SipError('closed');
  }

  /** Frees the ports. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#receiver?.close();
    await Promise.all([this.#sockets.close(), this.#feed?.close()]);
  }

  #openReceiver(media: NegotiatedMedia): PhoneReceiver {
    return new PhoneReceiver(media, {
      clock: this.#options.clock,
      onVoice: (packet, lost, at) => this.#voice?.push(packet, lost, at),
      onRestart: () => this.#voice?.restart(),
      onKey: () => undefined,
    });
  }

  #openVoice(): void {
    if (this.#voice || !this.#feed || !this.#media) return;
    this.#voice = new RoomVoice(this.#media.codec, this.#feed, this.#options.clock);
    this.#voice.setAudible(this.#audible);
  }

  #receive(message: Buffer, from: RemoteInfo): void {
    const now = this.#options.clock.monotonic();
    const packet = this.#latch.permits(from, now) ? this.#accept(message) : undefined;
    if (!packet) {
      this.#strangers += 1;
      return;
    }
    const first = !this.#latch.latched;
    this.#latch.take(from, now);
    if (first) this.observer.emit('received');
    this.#receiver?.push(packet);
  }

  #accept(message: Buffer): RtpPacket | undefined {
    const packet = parseRtp(message);
    return packet && this.#receiver?.expects(packet.payloadType) ? packet : undefined;
  }

  #send(socket: Socket, packet: Buffer): void {
    const { remote } = this.#latch;
    if (remote && !this.#closing) socket.send(packet, remote.port, remote.address);
  }
}
