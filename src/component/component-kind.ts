import type { Component } from '../room/component.ts';
import type { ComponentType } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';

/** Options of a request as they came, not yet checked. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/**
 * One kind of component. Options, and everything that follows from them, are the kind's own business; the rules that all kinds share
 * are in {@link Components}.
 */
export interface ComponentKind {
  readonly type: ComponentType;
  /** Whether the room has to enforce H264. */
  readonly codecRule: boolean;
  /** How many of the kind one room may hold; undefined = any number. */
  readonly limit?: 1;
  /**
   * Makes a component and adds it to the room. Calls for one room come one after the other.
   * @throws ShoalError when the options are wrong; `roomNotFound` when the room ended meanwhile
   */
  create(room: Room<RoomRouter>, options: GivenOptions): Promise<Component>;
}
