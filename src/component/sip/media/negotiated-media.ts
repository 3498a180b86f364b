import type { SrtpSuite } from '../../../media/rtp/srtp-keys.ts';

export type PhoneCodec = 'pcma' | 'pcmu' | 'opus';

export type { SrtpSuite };

/** Keys of SDES (RFC 4568): each master key with its salt, 30 bytes, in base64. Secret. */
export interface SrtpKeys {
  readonly suite: SrtpSuite;
  /** For packets to the phone. */
  readonly local: string;
  /** For packets from the phone. */
  readonly remote: string;
}

/** What offer and answer agreed on. */
export interface NegotiatedMedia {
  /** Where the phone says that it receives RTP. */
  readonly remote: { readonly address: string; readonly port: number };
  /** Whether RTCP goes to the port of RTP; otherwise to the next one. */
  readonly rtcpMux: boolean;
  readonly codec: PhoneCodec;
  /** As the phone says it: what we send has it. */
  readonly payloadType: number;
  /** Of telephone-event (RFC 4733); undefined: the phone has none. */
  readonly dtmfPayloadType?: number;
  /** Clock rate of telephone-event, in Hz. */
  readonly dtmfClockRate?: number;
  /**
   * Numbers of our offer, where the phone has answered others: it should send with ours (RFC 3264 section 6.1), but many send with those
   * that they have answered.
   */
  readonly offered?: { readonly payloadType?: number; readonly dtmfPayloadType?: number };
  /** Duration of our packets, in ms: 10 to 60, a multiple of 10. */
  readonly packetTime: number;
  /** Whether we may send; false on hold. */
  readonly sending: boolean;
  /** Whether the phone sends, by its own account: what it sends besides is not heard. On hold, that is music (`a=sendonly`). */
  readonly receiving: boolean;
  readonly srtp?: SrtpKeys;
}

/** Whether the silence of a phone is a failure: on hold, and when it only listens, it is none. */
export function expectsAudio({ sending, receiving }: NegotiatedMedia): boolean {
  return sending && receiving;
}
