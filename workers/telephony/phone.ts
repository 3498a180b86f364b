import { EventEmitter } from 'node:events';
import type { Clock } from '../../src/clock/clock.ts';
import { expectsAudio, type NegotiatedMedia } from '../../src/component/sip/media/negotiated-media.ts';
import type { PhoneMediaEvents } from '../../src/component/sip/media/phone-media.ts';
import type { FeedAddress } from '../../src/component/sip/media/telephony-message.ts';
import { SipError } from '../../src/component/sip/sip-error.ts';
import type { RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import { MixSender } from './mix-sender.ts';
import { PhonePath } from './phone-path.ts';
import { PhoneReceiver } from './phone-receiver.ts';
import { PhoneReports } from './phone-reports.ts';
import { type PhoneSocketOptions, PhoneSockets } from './phone-sockets.ts';
import { RoomFeed } from './room-feed.ts';
import { RoomVoice } from './room-voice.ts';
import { SilenceWatch } from './silence-watch.ts';

export interface PhoneOptions extends PhoneSocketOptions {
  readonly clock: Clock;
  /** CNAME of our reports to the phone and to the room. */
  readonly cname: string;
  /** Time without any packet after which the phone is silent, in ms. Default 30 s. */
  readonly mediaTimeout?: number;
}

/** What there is from the first offer and answer on. */
interface Streams {
  readonly sender: MixSender;
  readonly receiver: PhoneReceiver;
  readonly reports: PhoneReports;
}

const defaultMediaTimeout = 30_000;

/** The phone's end of a call: RTP in both directions, its codec, its keys. */
export class Phone {
  readonly observer = new EventEmitter<PhoneMediaEvents>();
  readonly #options: PhoneOptions;
  readonly #path: PhonePath;
  readonly #silence: SilenceWatch;
  #media: NegotiatedMedia | undefined;
  #streams: Streams | undefined;
  #feed: RoomFeed | undefined;
  #voice: RoomVoice | undefined;
  #audible = true;
  #heard = false;
  #closing: Promise<void> | undefined;

  private constructor(options: PhoneOptions, sockets: PhoneSockets) {
    const { clock, mediaTimeout = defaultMediaTimeout, port } = options;
    this.#options = options;
    this.#silence = new SilenceWatch(clock, mediaTimeout, () => this.observer.emit('silent'));
    this.#path = new PhonePath(sockets, clock, port !== undefined, {
      expects: (payloadType) => this.#streams?.receiver.expects(payloadType) ?? false,
      rtp: (packet) => this.#receive(packet),
      rtcp: (compound) => this.#receiveRtcp(compound),
    });
  }

  /** @throws SipError no_port when all ports are in use */
  static async open(options: PhoneOptions): Promise<Phone> {
    return new Phone(options, await PhoneSockets.open(options));
  }

  /** Our UDP port for RTP. */
  get port(): number {
    return this.#path.port;
  }

  /** Samples per second that {@link play} takes; undefined when it takes none: before {@link use}, and on hold. */
  get rate(): 8000 | 48_000 | undefined {
    return this.#media?.sending && !this.#closing ? this.#streams?.sender.rate : undefined;
  }

  /** Packets that were dropped because they are not those of the phone. */
  get strangers(): number {
    return this.#path.strangers;
  }

  /** Starts, or changes after a re-INVITE. Does nothing once it is closed. @throws RangeError when a key of SRTP has not 30 bytes */
  use(media: NegotiatedMedia): void {
    if (this.#closing) return;
    this.#path.use(media);
    const codec = this.#media?.codec;
    this.#media = media;
    this.#streams?.sender.use(media);
    this.#streams?.receiver.use(media);
    this.#streams ??= this.#open(media);
    if (media.codec !== codec) this.#voice?.use(media.codec);
    this.#openVoice();
    this.#mute();
    this.#silence.watch(expectsAudio(media));
  }

  /**
   * Sends what the phone says to the room's feed. A later call moves it to another feed.
   * @param from our port on 127.0.0.1 in a process that is lost: the feed accepts no other one
   * @returns our port on 127.0.0.1, for `UdpFeed.connect` @throws SipError no_port, closed
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
    this.#mute();
  }

  /** Sends 20 ms of one channel, {@link rate} / 50 samples, which are not kept. To be called once per tick, with silence too. */
  play(samples: Int16Array): void {
    if (!this.#closing) this.#streams?.sender.play(samples);
  }

  /** In place of {@link play}: so many ticks are left out. */
  skip(ticks: number): void {
    if (!this.#closing) this.#streams?.sender.skip(ticks);
  }

  /** As `PhoneMedia.sendDtmf`. Goes on while {@link play} is called. */
  async sendDtmf(digits: string, duration: number): Promise<void> {
    if (this.#closing || !this.#streams) throw new SipError('closed');
    await this.#streams.sender.sendKeys(digits, duration);
  }

  /** Says goodbye to the phone and frees the ports. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#silence.watch(false);
    const { sender, receiver, reports } = this.#streams ?? {};
    sender?.close();
    receiver?.close();
    await reports?.close();
    await Promise.all([this.#path.close(), this.#feed?.close()]);
  }

  #open(media: NegotiatedMedia): Streams {
    const { clock, cname } = this.#options;
    const sender = new MixSender(media, clock, (packet) => this.#path.send(packet));
    const receiver = new PhoneReceiver(media, {
      clock,
      onVoice: (packet, lost, at) => this.#voice?.push(packet, lost, at),
      onRestart: () => this.#voice?.restart(),
      onKey: (key) => this.observer.emit('dtmf', key),
    });
    const reception = () => receiver.reception;
    const send = (compound: Buffer) => this.#path.sendRtcp(compound);
    return { sender, receiver, reports: new PhoneReports({ clock, cname, sender, reception, send }) };
  }

  #openVoice(): void {
    if (this.#voice || !this.#feed || !this.#media) return;
    this.#voice = new RoomVoice(this.#media.codec, this.#feed, this.#options.clock);
    this.#mute();
  }

  /** The room hears what the phone says that it sends: a phone on hold only if that is music. */
  #mute(): void {
    this.#voice?.setAudible(this.#audible && this.#media?.receiving === true);
  }

  #receive(packet: RtpPacket): void {
    this.#silence.heard();
    if (!this.#heard) this.observer.emit('received');
    this.#heard = true;
    this.#streams?.receiver.push(packet);
  }

  #receiveRtcp(compound: Buffer): void {
    // a phone that is mute may send nothing else
    this.#silence.heard();
    this.#streams?.reports.receive(compound);
  }
}
