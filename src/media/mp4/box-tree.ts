import { defaultWriterConfig, type IsoBoxStreamable, writeIsoBoxes } from '@svta/cml-iso-bmff';

const config = defaultWriterConfig();

/** Writes boxes of ISO/IEC 14496-12. */
export function writeBoxes(boxes: readonly unknown[]): Buffer {
  return Buffer.concat(writeIsoBoxes(boxes as IsoBoxStreamable[], config));
}

/** A box that the library does not support, whose content the caller writes. */
export function rawBox(type: string, payload: Uint8Array): Uint8Array {
  const box = Buffer.alloc(8 + payload.length);
  box.writeUInt32BE(box.length);
  box.write(type, 4, 'latin1');
  box.set(payload, 8);
  return box;
}
