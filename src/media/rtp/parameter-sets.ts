import { BitReader } from './bit-reader.ts';
import { nalType, typeOf, withoutEmulation } from './nal-unit.ts';

/** Ids of sequence parameter sets are below this; no real stream uses more picture parameter sets. */
const maxSets = 32;

/** The newest parameter sets of an H264 stream, without which decoding cannot start. */
export class ParameterSets {
  readonly #sps = new Map<number, Buffer>();
  readonly #pps = new Map<number, Buffer>();

  /** Sequence parameter sets, then picture parameter sets; empty until both are known. */
  get nals(): Buffer[] {
    if (this.#sps.size === 0 || this.#pps.size === 0) return [];
    return [...this.#sps.values(), ...this.#pps.values()];
  }

  /** Keeps the unit if it is a parameter set. @returns whether it is one */
  remember(nal: Buffer): boolean {
    const sets = this.#setsOf(nal);
    if (!sets) return false;
    // A set replaces an earlier one with the same id.
    const number = setNumber(nal);
    if (number !== undefined && number < maxSets) sets.set(number, Buffer.from(nal));
    return true;
  }

  /** The units of an access unit, preceded by the parameter sets that it lacks. */
  complete(nals: readonly Buffer[]): readonly Buffer[] {
    const described = nals.some((nal) => typeOf(nal) === nalType.sps);
    return described ? nals : [...this.nals, ...nals];
  }

  #setsOf(nal: Buffer): Map<number, Buffer> | undefined {
    if (typeOf(nal) === nalType.sps) return this.#sps;
    return typeOf(nal) === nalType.pps ? this.#pps : undefined;
  }
}

/** H.264 sections 7.3.2.1.1 and 7.3.2.2: in a sequence parameter set the id follows profile, constraints and level. */
function setNumber(nal: Buffer): number | undefined {
  const start = typeOf(nal) === nalType.sps ? 4 : 1;
  const bits = new BitReader(withoutEmulation(nal.subarray(0, 16)).subarray(start));
  const number = bits.unsigned();
  return bits.ended ? undefined : number;
}
