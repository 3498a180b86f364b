/** A value of AMF 0 in RTMP commands; objects and ECMA arrays are not distinguished. Action Message Format 0, section 2. */
export type AmfValue = null | boolean | number | string | AmfObject | readonly AmfValue[];
export interface AmfObject {
  readonly [name: string]: AmfValue;
}

const markers = { number: 0, boolean: 1, string: 2, object: 3, null: 5, undefined: 6, ecmaArray: 8, end: 9 } as const;
const strictArray = 10;
const longString = 12;
/** Maximum nesting depth; no command nests deeper. */
const maxDepth = 16;
/** Maximum length of what is decoded, in bytes: commands of servers have a few hundred, and each can be a value of its own. */
const maxLength = 128 * 1024;

export function encodeAmf0(...values: readonly AmfValue[]): Buffer {
  return Buffer.concat(values.map(encode));
}

function encode(value: AmfValue): Buffer {
  if (value === null) return Buffer.of(markers.null);
  if (typeof value === 'boolean') return Buffer.of(markers.boolean, value ? 1 : 0);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === 'string') return encodeString(value);
  const members = Object.entries(value).flatMap(([name, member]) => [shortString(name), encode(member)]);
  return Buffer.concat([Buffer.of(markers.object), ...members, Buffer.of(0, 0, markers.end)]);
}

function encodeString(value: string): Buffer {
  if (Buffer.byteLength(value) <= 0xffff) return Buffer.concat([Buffer.of(markers.string), shortString(value)]);
  const head = Buffer.alloc(5, longString);
  head.writeUInt32BE(Buffer.byteLength(value), 1);
  return Buffer.concat([head, Buffer.from(value)]);
}

function shortString(value: string): Buffer {
  const text = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([length, text]);
}

/** Decodes all values of a message. @throws RangeError when it is malformed or too long */
export function decodeAmf0(bytes: Buffer): AmfValue[] {
  if (bytes.length > maxLength) throw new RangeError('AMF is too long.');
  const reader = new Amf0Reader(bytes);
  const values: AmfValue[] = [];
  while (!reader.done) values.push(reader.value(0));
  return values;
}

class Amf0Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  value(depth: number): AmfValue {
    if (depth > maxDepth) throw new RangeError('AMF is nested too deeply.');
    const marker = this.#take(1)[0];
    switch (marker) {
      case markers.number:
        return this.#take(8).readDoubleBE();
      case markers.boolean:
        return this.#take(1)[0] !== 0;
      case markers.string:
        return this.#text();
      case markers.object:
        return this.#object(depth);
      case markers.null:
      case markers.undefined:
        return null;
      case markers.ecmaArray:
        this.#take(4);
        return this.#object(depth);
      case strictArray:
        return this.#array(depth);
      case longString:
        return this.#take(this.#take(4).readUInt32BE()).toString();
      default:
        throw new RangeError('AMF has a value of unknown type.');
    }
  }

  #text(): string {
    return this.#take(this.#take(2).readUInt16BE()).toString();
  }

  #object(depth: number): AmfObject {
    const members: [string, AmfValue][] = [];
    for (;;) {
      const name = this.#text();
      if (name === '' && this.#bytes[this.#at] === markers.end) break;
      members.push([name, this.value(depth + 1)]);
    }
    this.#at += 1;
    return Object.fromEntries(members);
  }

  #array(depth: number): AmfValue[] {
    const length = this.#take(4).readUInt32BE();
    const values: AmfValue[] = [];
    for (let index = 0; index < length; index += 1) values.push(this.value(depth + 1));
    return values;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('AMF ends too early.');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
