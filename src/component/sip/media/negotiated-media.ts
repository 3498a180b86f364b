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
  /** As the phone wants it, to both directions. */
  readonly payloadType: number;
  /** Of telephone-event (RFC 4733); undefined: the phone has none. */
  readonly dtmfPayloadType?: number;
  /** Clock rate of telephone-event, in Hz. */
  readonly dtmfClockRate?: number;
  /** Duration of our packets, in ms: 10 to 60, a multiple of 10. */
  readonly packetTime: number;
  /** Whether we may send; false on hold. */
  readonly sending: boolean;
  /** Whether the phone sends; false on hold: its silence is no failure then. */
  readonly receiving: boolean;
  readonly srtp?: SrtpKeys;
}
