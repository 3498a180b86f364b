import type { Component } from '../room/component.ts';
import type { ComponentType } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { HlsContent } from './hls/hls-content.ts';

/** Options of a request as they came, not yet checked. */
export type ComponentOptions = Readonly<Record<string, unknown>>;

/**
 * One kind of component as the API sees it. Options, and everything that follows from them, are the kind's own business;
 * the checks that all kinds share are not (docs/contracts/fishjam-rest.md 6.1).
 */
export interface ComponentKind {
  /** Whether the room has to enforce H264. */
  readonly codecRule: boolean;
  /** How many of the kind one room may hold; undefined = any number. */
  readonly limit?: 1;
  /**
   * Makes a component and adds it to the room. Calls for one room come one after the other.
   * @throws ShoalError when the options are wrong; `roomNotFound` when the room ended meanwhile
   */
  create(room: Room<RoomRouter>, options: ComponentOptions): Promise<Component>;
  /**
   * Takes the tracks of these endpoints, present and future ones. Only of kinds that can be subscribed by hand: their properties
   * have a `subscribeMode`.
   */
  subscribe?(component: Component, origins: readonly string[]): void;
  /** SIP: calls a number. Returns at once; what goes wrong crashes the component. */
  dial?(component: Component, phoneNumber: string): void;
  /** SIP: ends the call, if there is one. */
  hangUp?(component: Component): void;
  /** HLS: what viewers are served. */
  content?(component: Component): HlsContent;
}

/** The kinds that this server offers; one that is not here is disabled. */
export type ComponentKinds = ReadonlyMap<ComponentType, ComponentKind>;
