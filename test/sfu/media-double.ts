import type { RoomRouter } from '../../src/sfu/room-router.ts';

/** The media of a room in which no media flows. */
export function mediaDouble(close: () => void = () => undefined): RoomRouter {
  return { close, publications: new Map() } as unknown as RoomRouter;
}
