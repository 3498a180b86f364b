import type { EventEmitter } from 'node:events';
import type { SipMessage } from '../message/sip-message.ts';
import type { Hop, SipProtocol } from './hop.ts';

export interface SipTransportEvents {
  /** A whole message arrived. `from`: a response to it goes back there. */
  message: [message: SipMessage, from: Hop];
  /** A connection to a hop was lost, whoever opened it: what is registered over it must be registered again. */
  disconnected: [hop: Hop];
}

/**
 * Sends and receives SIP messages. The topmost Via of a received request has `received` and `rport` (RFC 3581), so that a response is built
 * by copying it. A message over a connection opens one when there is none to that hop.
 */
export interface SipTransport {
  readonly observer: EventEmitter<SipTransportEvents>;
  /** Our host and port for Via and Contact. An IPv6 host has its brackets. */
  sentBy(protocol: SipProtocol): string;
  /** @throws SipError unreachable, refused_address, untrusted when the message cannot be sent */
  send(message: SipMessage, to: Hop): Promise<void>;
}

/** Finds the hops of a URI in the order in which they are to be tried (RFC 3263). */
export interface HopResolver {
  /**
   * @param uri SIP or SIPS URI, as `sip:example.org;transport=tcp`
   * @returns at least one hop @throws SipError unresolved, refused_address
   */
  resolve(uri: string): Promise<Hop[]>;
}
