import { randomInt } from 'node:crypto';
import type { Socket } from 'node:dgram';
import type { PhonePorts } from '../../src/component/sip/media/telephony-message.ts';
import { SipError } from '../../src/component/sip/sip-error.ts';
import { bindUdpPort, closeUdpPort } from '../../src/net/udp-port.ts';

export interface PhoneSocketOptions extends PhonePorts {
  /** The port for RTP that it had before, in a process that is lost: it gets no other one. */
  readonly port?: number;
}

/** The two UDP ports of a call: an even one for RTP and the next for RTCP (RFC 3550 section 11). */
export class PhoneSockets {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  /** Of RTP. */
  readonly port: number;
  #closing: Promise<unknown> | undefined;

  private constructor(rtp: Socket, rtcp: Socket) {
    this.rtp = rtp;
    this.rtcp = rtcp;
    this.port = rtp.address().port;
  }

  /** Takes the first free ports after a random one, so that a stranger does not know them. @throws SipError no_port */
  static async open(options: PhoneSocketOptions): Promise<PhoneSockets> {
    for (const port of candidates(options)) {
      const found = await PhoneSockets.#bind(options.listenAddress, port);
      if (found) return found;
    }
    throw new SipError('no_port', 'All RTP ports are in use');
  }

  static async #bind(address: string, port: number): Promise<PhoneSockets | undefined> {
    const family = address.includes(':') ? 'udp6' : 'udp4';
    const rtp = await bindUdpPort({ family, address, port });
    if (!rtp) return undefined;
    const rtcp = await bindUdpPort({ family, address, port: port + 1 });
    if (rtcp) return new PhoneSockets(rtp, rtcp);
    await closeUdpPort(rtp);
    return undefined;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= Promise.all([closeUdpPort(this.rtp), closeUdpPort(this.rtcp)]);
    await this.#closing;
  }
}

function candidates({ ports: { min, max }, port }: PhoneSocketOptions): number[] {
  if (port !== undefined) return [port];
  const first = min + (min % 2);
  const count = Math.max(Math.floor((max + 1 - first) / 2), 0);
  const start = count > 0 ? randomInt(count) : 0;
  return Array.from({ length: count }, (_, index) => first + 2 * ((start + index) % count));
}
