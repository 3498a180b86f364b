import { type AccessUnit, AccessUnitAssembler } from '../../media/rtp/access-unit-assembler.ts';
import { AnnexBSplitter } from '../../media/rtp/annex-b.ts';

/** Splits the packets of a container into NAL units (ISO/IEC 14496-15, section 5.3). */
export class AvcUnits {
  /** Size of the length before each unit, in bytes; 0: start codes are used instead. */
  readonly #lengthBytes: number;
  /** Parameter sets of the description that have not been returned yet. */
  #described: Buffer[] = [];

  /** @param description the decoder configuration record; without it packets are byte streams */
  constructor(description: Buffer | undefined) {
    this.#lengthBytes = description && description.length > 5 ? (description.readUInt8(4) & 3) + 1 : 0;
    if (this.#lengthBytes > 0 && description) this.#described = parameterSets(description);
  }

  /** Reads a packet, which is one frame. @returns undefined when it has no slice */
  read(packet: Buffer): AccessUnit | undefined {
    const assembler = new AccessUnitAssembler();
    const nals = this.#lengthBytes > 0 ? this.#cut(packet) : split(packet);
    for (const nal of [...this.#described, ...nals]) assembler.push(nal);
    const unit = assembler.flush();
    if (unit) this.#described = [];
    return unit;
  }

  #cut(packet: Buffer): Buffer[] {
    const nals: Buffer[] = [];
    for (let position = 0; position + this.#lengthBytes < packet.length; ) {
      const start = position + this.#lengthBytes;
      const end = start + packet.readUIntBE(position, this.#lengthBytes);
      if (end > packet.length) break;
      if (end > start) nals.push(packet.subarray(start, end));
      position = end;
    }
    return nals;
  }
}

function split(packet: Buffer): Buffer[] {
  const splitter = new AnnexBSplitter();
  return [...splitter.push(packet), ...splitter.flush()];
}

/** The two lists of the record: a count, then the sets with their lengths. */
function parameterSets(description: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  let position = 5;
  for (const mask of [0x1f, 0xff]) {
    const count = (description[position] ?? 0) & mask;
    position += 1;
    for (let index = 0; index < count && position + 2 <= description.length; index += 1) {
      const end = position + 2 + description.readUInt16BE(position);
      if (end > description.length) return nals;
      nals.push(description.subarray(position + 2, end));
      position = end;
    }
  }
  return nals;
}
