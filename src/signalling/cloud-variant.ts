import { Variant } from '../protobuf/media_events/shared_pb.js';
import type { Encoding } from '../room/track.ts';

const variants = { l: Variant.LOW, m: Variant.MEDIUM, h: Variant.HIGH } as const;
const encodings = new Map<Variant, Encoding>(
  Object.entries(variants).map(([encoding, variant]) => [variant, encoding as Encoding]),
);

/** The newer clients' number of a layer. */
export function variantOf(encoding: Encoding): Variant {
  return variants[encoding];
}

/** Undefined for the number of a track without layers and for unknown ones. */
export function encodingOf(variant: Variant): Encoding | undefined {
  return encodings.get(variant);
}
