/** Maximum length of a tag, in bytes. */
const maxTagLength = 16 * 1024 * 1024;
/** Length of the file header with the first previous-tag length. */
const headerLength = 13;
const tagHeadLength = 11;
/** Length of the field after each tag that repeats its length. */
const tagTailLength = 4;
const videoTag = 9;
/** AVCPacketType. */
const configuration = 0;
const units = 1;
/** Frame type and codec, packet type, composition time. */
const videoHeadLength = 5;

export interface FlvReaderEvents {
  /** AVCDecoderConfigurationRecord. */
  readonly onConfiguration: (record: Buffer) => void;
  /** NAL units with four-byte lengths. */
  readonly onFrame: (data: Buffer, keyframe: boolean) => void;
}

/** Reads H264 from FLV (Adobe's specification 10.1, annex E); its times are ignored. */
export class FlvReader {
  readonly #events: FlvReaderEvents;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Number of bytes that are needed before parsing can continue. */
  #needed = headerLength;
  #started = false;

  constructor(events: FlvReaderEvents) {
    this.#events = events;
  }

  /** Adds bytes. @throws RangeError when they are not FLV */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return;
    let rest = Buffer.concat(this.#chunks);
    for (let taken = this.#take(rest); taken > 0; taken = this.#take(rest)) rest = rest.subarray(taken);
    this.#chunks = [rest];
    this.#length = rest.length;
  }

  /** @returns the number of consumed bytes; 0: more are needed */
  #take(bytes: Buffer): number {
    if (!this.#started) return this.#takeHeader(bytes);
    this.#needed = tagHeadLength;
    if (bytes.length < this.#needed) return 0;
    const bodyLength = bytes.readUIntBE(1, 3);
    if (bodyLength > maxTagLength) throw new RangeError('A tag of the FLV stream is too long.');
    this.#needed = tagHeadLength + bodyLength + tagTailLength;
    if (bytes.length < this.#needed) return 0;
    const body = bytes.subarray(tagHeadLength, tagHeadLength + bodyLength);
    if (bytes[0] === videoTag && bodyLength > videoHeadLength) this.#takeVideo(body);
    return this.#needed;
  }

  #takeHeader(bytes: Buffer): number {
    if (bytes.length < headerLength) return 0;
    if (bytes.toString('latin1', 0, 3) !== 'FLV') throw new RangeError('The stream is not FLV.');
    this.#started = true;
    return headerLength;
  }

  #takeVideo(body: Buffer): void {
    const data = body.subarray(videoHeadLength);
    if (body[1] === configuration) this.#events.onConfiguration(data);
    if (body[1] === units) this.#events.onFrame(data, (body.readUInt8(0) & 0xf0) === 0x10);
  }
}
