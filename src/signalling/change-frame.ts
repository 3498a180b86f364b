import type { RoomChange } from '../room/room-change.ts';
import type { ServerEvent } from './server-event.ts';
import type { SignallingCodec } from './signalling-codec.ts';

type Frames = Map<SignallingCodec, Uint8Array | undefined>;

/** Frames that all clients of a generation get, by the change of which they tell: each is encoded once, not for every client. */
const frames = new WeakMap<RoomChange, Frames>();

/** The frame of an event. @param change of which the event tells every client the same */
export function changeFrame(codec: SignallingCodec, change: RoomChange, event: ServerEvent): Uint8Array | undefined {
  const known: Frames = frames.get(change) ?? new Map();
  frames.set(change, known);
  if (!known.has(codec)) known.set(codec, codec.encode(event));
  return known.get(codec);
}
