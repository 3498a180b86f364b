import { nalType, typeOf } from './nal-unit.ts';

/** Different parameter sets of one kind that are remembered; a real stream has one or two. */
const mostSets = 32;

/** The newest parameter sets of an H264 stream: without them nobody can start to decode. */
export class ParameterSets {
  readonly #sps = new Map<string, Buffer>();
  readonly #pps = new Map<string, Buffer>();

  /** Sequence parameter sets, then picture parameter sets; empty until both are known. */
  get nals(): Buffer[] {
    if (this.#sps.size === 0 || this.#pps.size === 0) return [];
    return [...this.#sps.values(), ...this.#pps.values()];
  }

  /** Remembers the unit if it is a parameter set. @returns whether it is one */
  remember(nal: Buffer): boolean {
    const sets = this.#setsOf(nal);
    if (!sets) return false;
    // A set replaces an earlier one with the same number; the number is among the first bits.
    const key = nal.subarray(0, sets === this.#sps ? 5 : 2).toString('hex');
    if (sets.size < mostSets || sets.has(key)) sets.set(key, Buffer.from(nal));
    return true;
  }

  /** The units of an access unit with the parameter sets that it lacks in front of them. */
  complete(nals: readonly Buffer[]): readonly Buffer[] {
    const described = nals.some((nal) => typeOf(nal) === nalType.sps);
    return described ? nals : [...this.nals, ...nals];
  }

  #setsOf(nal: Buffer): Map<string, Buffer> | undefined {
    if (typeOf(nal) === nalType.sps) return this.#sps;
    return typeOf(nal) === nalType.pps ? this.#pps : undefined;
  }
}
