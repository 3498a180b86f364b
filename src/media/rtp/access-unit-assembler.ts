import { nalType, sliceHead, typeOf } from './nal-unit.ts';

/** One picture with what describes it, in the order of the stream. */
export interface AccessUnit {
  readonly nals: readonly Buffer[];
  /** Whether decoding can start here (it holds an IDR slice). */
  readonly key: boolean;
  /** Whether one of its slices is a B slice. */
  readonly bidirectional: boolean;
}

/** Units in one picture, and bytes of them; more is an attack or a mistake. */
const mostUnits = 4096;
const mostBytes = 16 * 1024 * 1024;

/** Groups NAL units into pictures: one begins with a delimiter, SEI, parameter set or first slice (H.264 section 7.4.1.2.3). */
export class AccessUnitAssembler {
  #nals: Buffer[] = [];
  #bytes = 0;
  #key = false;
  #bidirectional = false;
  #pictured = false;

  /** @returns the picture that ends before this unit. @throws RangeError when a picture has no end */
  push(nal: Buffer): AccessUnit | undefined {
    const slice = sliceHead(nal);
    const finished =
      this.#pictured && (startsDescription(nal) || slice?.firstMacroblock === 0) ? this.flush() : undefined;
    this.#bytes += nal.length;
    if (this.#nals.length === mostUnits || this.#bytes > mostBytes) {
      throw new RangeError('A picture of the H264 stream is too long.');
    }
    this.#nals.push(nal);
    if (slice) this.#pictured = true;
    if (typeOf(nal) === nalType.idrSlice) this.#key = true;
    if (slice?.bidirectional) this.#bidirectional = true;
    return finished;
  }

  /** At the end of the stream. @returns the last picture; undefined when what is left holds no slice */
  flush(): AccessUnit | undefined {
    const unit = { nals: this.#nals, key: this.#key, bidirectional: this.#bidirectional };
    const pictured = this.#pictured;
    this.#nals = [];
    this.#bytes = 0;
    this.#key = this.#bidirectional = this.#pictured = false;
    return pictured ? unit : undefined;
  }
}

function startsDescription(nal: Buffer): boolean {
  const type = typeOf(nal);
  return (type >= nalType.sei && type <= nalType.accessUnitDelimiter) || (type >= 14 && type <= 18);
}
