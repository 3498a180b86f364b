import { BitReader } from './bit-reader.ts';
import { isSlice, nalType, typeOf, withoutEmulation } from './nal-unit.ts';

/** Ids of sequence parameter sets are below this; no real stream uses more picture parameter sets. */
const maxSets = 32;
/** Maximum length of all sets, in bytes, which are sent with every keyframe however short it is: many times that of any real stream. */
const maxBytes = 4096;
/** Number of bytes of a unit that contain the ids in it, emulation prevention included. */
const headLength = 48;

/** The newest parameter sets of an H264 stream, without which decoding cannot start. */
export class ParameterSets {
  readonly #sps = new Map<number, Buffer>();
  readonly #pps = new Map<number, Buffer>();
  #bytes = 0;

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
    if (number !== undefined && number < maxSets) this.#keep(sets, number, nal);
    return true;
  }

  /** The sequence parameter set that a slice is decoded with. @returns undefined when a set is missing */
  sequenceOf(slice: Buffer): Buffer | undefined {
    const pps = this.#pps.get(numberAfter(slice, 1, 2) ?? Number.NaN);
    return pps && this.#sps.get(numberAfter(pps, 1, 1) ?? Number.NaN);
  }

  /** Whether the sets of a slice are known. */
  describes(slice: Buffer): boolean {
    return isSlice(slice) && this.sequenceOf(slice) !== undefined;
  }

  /** The units of a keyframe behind all known parameter sets: each once, in the order that decoders need, however the source lists them. */
  describe(nals: readonly Buffer[]): readonly Buffer[] {
    const known = this.nals;
    return known.length === 0 ? nals : [...known, ...nals.filter((nal) => !isParameterSet(nal))];
  }

  /** The units of an access unit, preceded by the parameter sets that it lacks. */
  complete(nals: readonly Buffer[]): readonly Buffer[] {
    const described = nals.some((nal) => typeOf(nal) === nalType.sps);
    return described ? nals : [...this.nals, ...nals];
  }

  /** A set for which there is no room replaces none. */
  #keep(sets: Map<number, Buffer>, number: number, nal: Buffer): void {
    const bytes = this.#bytes + nal.length - (sets.get(number)?.length ?? 0);
    if (bytes > maxBytes) return;
    this.#bytes = bytes;
    sets.set(number, Buffer.from(nal));
  }

  #setsOf(nal: Buffer): Map<number, Buffer> | undefined {
    if (typeOf(nal) === nalType.sps) return this.#sps;
    return typeOf(nal) === nalType.pps ? this.#pps : undefined;
  }
}

/** Whether the unit is a sequence or picture parameter set. */
export function isParameterSet(nal: Buffer): boolean {
  return typeOf(nal) === nalType.sps || typeOf(nal) === nalType.pps;
}

/** H.264 sections 7.3.2.1.1 and 7.3.2.2: in a sequence parameter set the id follows profile, constraints and level. */
function setNumber(nal: Buffer): number | undefined {
  return numberAfter(nal, typeOf(nal) === nalType.sps ? 4 : 1, 0);
}

/** A number in the head of a unit. @param start its first byte with such numbers @param skipped how many come before it */
function numberAfter(nal: Buffer, start: number, skipped: number): number | undefined {
  const bits = new BitReader(withoutEmulation(nal.subarray(0, headLength)).subarray(start));
  for (let index = 0; index < skipped; index += 1) bits.unsigned();
  const number = bits.unsigned();
  return bits.ended ? undefined : number;
}
