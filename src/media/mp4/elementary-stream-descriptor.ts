/** AAC, ISO/IEC 14496-1 table 5. */
const aac = 0x40;
/** Stream type audio (5) in the upper six bits, with the reserved bit. */
const audioStream = (5 << 2) | 1;

/**
 * Content of an `esds` box, the decoder configuration of AAC: ISO/IEC 14496-1 section 7.2.6.5, with lengths of one byte.
 * @param configuration AudioSpecificConfig, at most about 100 bytes
 */
export function elementaryStreamDescriptor(configuration: Uint8Array): Buffer {
  const specific = descriptor(0x05, configuration);
  // buffer size, maximum and average bit rate: unknown
  const decoder = descriptor(0x04, Buffer.concat([Buffer.from([aac, audioStream]), Buffer.alloc(11), specific]));
  const synchronization = descriptor(0x06, Buffer.from([2]));
  const stream = descriptor(0x03, Buffer.concat([Buffer.from([0, 0, 0]), decoder, synchronization]));
  // version and flags of the box
  return Buffer.concat([Buffer.alloc(4), stream]);
}

function descriptor(tag: number, content: Uint8Array): Buffer {
  if (content.length > 127) throw new RangeError('An audio configuration of this length is not AAC.');
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
}
