import { EventEmitter } from 'node:events';
import type { Clock } from '../../src/clock/clock.ts';
import type { NegotiatedMedia } from '../../src/component/sip/media/negotiated-media.ts';
import type { PhoneMediaEvents } from '../../src/component/sip/media/phone-media.ts';
import type { FeedAddress } from '../../src/component/sip/media/telephony-message.ts';
import { SipError } from '../../src/component/sip/sip-error.ts';

export interface PhoneOptions {
  /** The address of this machine that the phone sends to; `0.0.0.0` or `::`: any. */
  readonly listenAddress: string;
  /** Its ports: an even one for RTP and the next for RTCP. */
  readonly ports: { readonly min: number; readonly max: number };
  /** The port for RTP that it had before, in a process that is lost: it gets no other one. */
  readonly port?: number;
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

  private constructor(port: number) {
    this.port = port;
  }

  /** @throws SipError no_port when all ports are in use */
  static async open({ ports }: PhoneOptions): Promise<Phone> {
    await Promise.resolve();
    return new Phone(ports.min);
  }

  /** Samples per second that {@link play} takes; undefined when it takes none: before {@link use}, and on hold. */
  get rate(): 8000 | 48_000 | undefined {
    return undefined;
  }

  /** Starts, or changes after a re-INVITE. */
  use(media: NegotiatedMedia): void {
    media satisfies object;
  }

  /**
   * Sends what the phone says to the room's feed. A later call moves it to another feed.
   * @param from our port on 127.0.0.1 in a process that is lost: the feed accepts no other one
   * @returns our port on 127.0.0.1, for `UdpFeed.connect`
   */
  async join(feed: FeedAddress, from?: number): Promise<number> {
    return await Promise.resolve(from ?? feed.port);
  }

  /** Whether the room hears the phone. Default true. */
  setAudible(audible: boolean): void {
    audible satisfies boolean;
  }

  /** Sends 20 ms of one channel, {@link rate} / 50 samples, which are not kept. To be called once per tick, with silence too. */
  play(samples: Int16Array): void {
    samples satisfies object;
  }

  /** As `PhoneMedia.sendDtmf`. Goes on while {@link play} is called. */
  async sendDtmf(digits: string, duration: number): Promise<void> {
    await Promise.resolve([digits, duration]);
    throw new SipError('closed');
  }

  /** Frees the ports. Idempotent. */
  async close(): Promise<void> {
    await Promise.resolve();
  }
}
