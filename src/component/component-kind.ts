import type { Component } from '../room/component.ts';
import type { ComponentType } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';

/** Options as requested, not validated yet. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/**
 * A kind of component. It validates its own options; the rules that all kinds share are in {@link Components}.
 */
export interface ComponentKind {
  readonly type: ComponentType;
  /** Whether the room must enforce H264. */
  readonly codecRule: boolean;
  /** Maximum number of components of this kind in a room; undefined: no limit. */
  readonly limit?: 1;
  /**
   * Creates a component and adds it to the room. Calls for one room are sequential.
   * @throws ShoalError when the options are invalid; `roomNotFound` when the room has ended meanwhile
   */
  create(room: Room<RoomRouter>, options: GivenOptions): Promise<Component>;
}
