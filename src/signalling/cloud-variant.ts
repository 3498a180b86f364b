import { Variant } from '../protobuf/media_events/shared_pb.js';
import type { Encoding } from '../room/track.ts';

const variants = { l: Variant.LOW, m: Variant.MEDIUM, h: Variant.HIGH } as const;
const encodings = new Map<Variant, Encoding>(
  Object.entries(variants).map(([encoding, variant]) => [variant, encoding as Encoding]),
);

/** The number of a layer in the protocol of newer clients. */
export function variantOf(encoding: Encoding): Variant {
  return variants[encoding];
}

/** The layer of a number; undefined when it is unspecified or unknown. */
export function encodingOf(variant: Variant): Encoding | undefined {
  return encodings.get(variant);
}
