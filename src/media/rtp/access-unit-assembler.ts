import { nalType, sliceHead, startsDescription, typeOf } from './nal-unit.ts';

/** A frame with its parameter sets and SEI, in the order of the stream. */
export interface AccessUnit {
  readonly nals: readonly Buffer[];
  /** Whether decoding can start here: it has an IDR slice. */
  readonly key: boolean;
  /** Whether one of its slices is a B slice. */
  readonly bidirectional: boolean;
}

/** Maximum number of units in a frame, and of their bytes; more is an attack or an error. */
const maxUnits = 4096;
const maxBytes = 16 * 1024 * 1024;

/** Groups NAL units into frames. A frame begins with a delimiter, SEI, parameter set or first slice (H.264 section 7.4.1.2.3). */
export class AccessUnitAssembler {
  #nals: Buffer[] = [];
  #bytes = 0;
  #key = false;
  #bidirectional = false;
  #hasSlice = false;

  /** Adds a unit. @returns the frame that ends before it. @throws RangeError when a frame is too long */
  push(nal: Buffer): AccessUnit | undefined {
    const slice = sliceHead(nal);
    const finished =
      this.#hasSlice && (startsDescription(nal) || slice?.firstMacroblock === 0) ? this.flush() : undefined;
    this.#bytes += nal.length;
    if (this.#nals.length === maxUnits || this.#bytes > maxBytes) {
      throw new RangeError('A frame of the H264 stream is too long.');
    }
    this.#nals.push(nal);
    if (slice) this.#hasSlice = true;
    if (typeOf(nal) === nalType.idrSlice) this.#key = true;
    if (slice?.bidirectional) this.#bidirectional = true;
    return finished;
  }

  /** To be called at the end of the stream. @returns the last frame; undefined when the rest has no slice */
  flush(): AccessUnit | undefined {
    const unit = { nals: this.#nals, key: this.#key, bidirectional: this.#bidirectional };
    const hasSlice = this.#hasSlice;
    this.#nals = [];
    this.#bytes = 0;
    this.#key = this.#bidirectional = this.#hasSlice = false;
    return hasSlice ? unit : undefined;
  }
}
