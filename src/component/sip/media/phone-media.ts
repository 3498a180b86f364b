import type { EventEmitter } from 'node:events';
import type { UdpFeed } from '../../../sfu/udp-feed.ts';
import type { SipError } from '../sip-error.ts';
import type { NegotiatedMedia } from './negotiated-media.ts';

export interface PhoneMediaEvents {
  /** A key was pressed: one of `0-9*#ABCD`. Once per key. */
  dtmf: [digit: string];
  /** The first packet of the phone has arrived. */
  received: [];
  /** Neither RTP nor RTCP for the media timeout, not on hold. Once until packets come again. */
  silent: [];
  /** The audio of the call has ended for good: its process was lost, and another one could not go on. Once. */
  failed: [SipError];
}

/** The audio of one call, in a telephony worker: a UDP port for the phone, the mix of the room, and a track of the room. */
export interface PhoneMedia {
  readonly observer: EventEmitter<PhoneMediaEvents>;
  /** Our UDP port for RTP, and for RTCP with it. */
  readonly port: number;
  /** Starts, or changes after a re-INVITE: the phone hears the room from now on. */
  use(media: NegotiatedMedia): void;
  /** Sends what the phone says into the room; its mix is without this track. Called once. */
  join(feed: UdpFeed): Promise<void>;
  /** Whether the room hears the phone. Default true. */
  setAudible(audible: boolean): void;
  /**
   * Sends keys by RFC 4733, one after the other. Resolves when the last has been sent.
   * @param digits of `0-9*#ABCD` @param duration of each, in ms
   * @throws SipError closed; no_common_codec when the phone does not take telephone-event
   */
  sendDtmf(digits: string, duration: number): Promise<void>;
  /** Frees the port. Idempotent. */
  close(): Promise<void>;
}
