// EBML (RFC 8794), as far as Matroska files with one track need it.

/** Ids of the elements that are written or read, RFC 9559 section 5.1. */
export const elementId = {
  ebml: 0x1a45dfa3,
  ebmlVersion: 0x4286,
  ebmlReadVersion: 0x42f7,
  ebmlMaxIdLength: 0x42f2,
  ebmlMaxSizeLength: 0x42f3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  void: 0xec,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  flagLacing: 0x9c,
  language: 0x22b59c,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueTrack: 0xf7,
  cueClusterPosition: 0xf1,
} as const;

/** Maximum length of the id and size of an element, in bytes. */
export const maxHeaderLength = 12;

/** The size of an element that ends where one begins that cannot be inside it, in the eight bytes of any other size. */
export const unknownSize = Buffer.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

/** An element. */
export function element(id: number, ...content: readonly Buffer[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([idBytes(id), sizeBytes(length), ...content]);
}

/** @param length in bytes; by default the value has as many as it needs */
export function uintElement(id: number, value: number, length = byteLength(value)): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return element(id, bytes.subarray(8 - length));
}

export function floatElement(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return element(id, bytes);
}

export function textElement(id: number, text: string): Buffer {
  return element(id, Buffer.from(text));
}

/** An element without a meaning, in whose place another one can be written later. @param length of all of it, 2 to 128 bytes */
export function voidElement(length: number): Buffer {
  return element(elementId.void, Buffer.alloc(length - 2));
}

export function idBytes(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(id);
  return bytes.subarray(4 - byteLength(id));
}

/** @param width in bytes; by default as few as possible */
export function sizeBytes(size: number, width = sizeWidth(size)): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size) | (1n << BigInt(7 * width)));
  return bytes.subarray(8 - width);
}

export interface ElementHeader {
  readonly id: number;
  /** Size of the content in bytes; undefined: unknown. */
  readonly size: number | undefined;
  /** Length of id and size, in bytes. */
  readonly length: number;
}

/** Reads the id and size at a position. @returns undefined when they are incomplete; `invalid` when there are none */
export function readElementHeader(bytes: Buffer, at: number): ElementHeader | 'invalid' | undefined {
  const idLength = vintLength(bytes[at]);
  if (idLength === undefined) return undefined;
  if (idLength > 4) return 'invalid';
  const sizeLength = vintLength(bytes[at + idLength]);
  if (sizeLength === undefined || at + idLength + sizeLength > bytes.length) return undefined;
  if (sizeLength > 8) return 'invalid';
  const id = bytes.readUIntBE(at, idLength);
  const marked = BigInt(`0x${bytes.toString('hex', at + idLength, at + idLength + sizeLength)}`);
  const ones = (1n << BigInt(7 * sizeLength)) - 1n;
  const value = marked & ones;
  const size = value === ones ? undefined : Number(value);
  if (size !== undefined && !Number.isSafeInteger(size)) return 'invalid';
  return { id, size, length: idLength + sizeLength };
}

/** Length of a number of variable length by its first byte; 9 is none. */
function vintLength(first: number | undefined): number | undefined {
  return first === undefined ? undefined : Math.clz32(first) - 23;
}

function byteLength(value: number): number {
  let length = 1;
  while (value >= 256 ** length) length += 1;
  return length;
}

/** Sizes of which all bits are set would be unknown. */
function sizeWidth(size: number): number {
  let width = 1;
  while (size >= 2 ** (7 * width) - 1) width += 1;
  return width;
}
