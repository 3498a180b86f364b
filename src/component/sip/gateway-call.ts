import type { EventEmitter } from 'node:events';
import type { Component } from '../../room/component.ts';
import type { Room } from '../../room/room.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import type { CallEnd } from './call/call-state.ts';

/** A call that the server itself makes, not a client of the REST API. */
export interface GatewayCallOptions {
  /** SIP or SIPS URI that is called. Undefined: the first call that comes in is answered, whoever calls. */
  readonly target?: string;
  /** Name in From; empty: none. */
  readonly displayName: string;
  /** Name of the telephone in the room. */
  readonly name?: string;
  /** Our address of record, `user@domain`; without it the user is `shoal` at our own address. */
  readonly address?: string;
  /** With it and an address, the address is registered at its domain, and requests are authenticated as its user, in any realm. Secret. */
  readonly password?: string;
  /** Contact in place of our own: a SIP or SIPS URI. */
  readonly contact?: string;
  /** SIP or SIPS URI through which every request goes: a preloaded route (RFC 3261 section 8.1.2). */
  readonly proxy?: string;
}

export interface GatewayCallEvents {
  answered: [];
  /** A key was pressed at the phone: one of `0-9*#ABCD`. */
  dtmf: [digit: string];
  /** The call has ended, or its registration was refused; once. */
  ended: [CallEnd];
}

/** A call of a gateway, and the SIP component of its room that it is. It goes on when nobody else is in the room. */
export interface GatewayCall {
  readonly observer: EventEmitter<GatewayCallEvents>;
  readonly component: Component;
  /** Whether the room hears the phone. Default true. Also before the call is answered. */
  setAudible(audible: boolean): void;
  /**
   * Ends the call, by a BYE or a CANCEL, and the registration. Resolves when the other side knows, or after 2 s. The room calls it, too, when
   * the component leaves, which is up to the owner. Idempotent.
   */
  close(): Promise<void>;
}

/** Makes calls of gateways. */
export interface Gateway {
  /** @returns at once: the call is made afterwards @throws ShoalError roomNotFound when the room has ended */
  open(room: Room<RoomRouter>, options: GatewayCallOptions): Promise<GatewayCall>;
}
