/** Bits of a code: 16, 24, 32 and 40 kbit/s at 8 kHz. */
export type G726CodeSize = 2 | 3 | 4 | 5;

/** Which end of a byte the first code is at: the least significant one (RFC 3551 section 4.5.4) or the most significant one (AAL2). */
export type G726Packing = 'little' | 'big';

/** What a code of one sign means (ITU-T G.726, tables 7 to 15); codes of the other sign are mirrored. */
interface Quantizer {
  /** Logarithm of the difference, base 2, in 128ths. */
  readonly logarithms: readonly number[];
  /** W(I): the fast scale factor. */
  readonly scales: readonly number[];
  /** F(I): the speed of adaptation. */
  readonly speeds: readonly number[];
}

const quantizers: Readonly<Record<G726CodeSize, Quantizer>> = {
  2: { logarithms: [116, 365], scales: [-22, 439], speeds: [0, 7] },
  3: { logarithms: [-2048, 135, 273, 373], scales: [-4, 30, 137, 582], speeds: [0, 1, 2, 7] },
  4: {
    logarithms: [-2048, 4, 135, 213, 273, 323, 373, 425],
    scales: [-12, 18, 41, 64, 112, 198, 355, 1122],
    speeds: [0, 0, 0, 1, 1, 1, 3, 7],
  },
  5: {
    logarithms: [-2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566],
    scales: [14, 14, 24, 39, 40, 41, 58, 100, 141, 179, 219, 280, 358, 440, 529, 696],
    speeds: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6],
  },
};

/** A number of the predictor's memory, as the standard rounds it. */
interface Rounded {
  readonly negative: boolean;
  readonly exponent: number;
  readonly mantissa: number;
}

const zero = round(0, false);

/**
 * Decodes G.726 audio of one channel to 16-bit samples. The names in comments are the blocks of the standard. Like ffmpeg it does not round
 * inside MIX, and UPB forgets at 40 kbit/s as fast as at the other rates.
 */
export class G726Decoder {
  readonly #codeSize: G726CodeSize;
  readonly #packing: G726Packing;
  /** Scale factors: slow and fast. */
  #slow = 34_816;
  #fast = 544;
  /** Means of the speed, short and long, and the control of the speed. */
  #shortMean = 0;
  #longMean = 0;
  #control = 0;
  /** Coefficients of the predictor: of the signal (two poles) and of the differences (six zeros). */
  #poles: [number, number] = [0, 0];
  #zeros = [0, 0, 0, 0, 0, 0];
  #signals: [Rounded, Rounded] = [zero, zero];
  #differences: Rounded[] = Array(6).fill(zero);
  /** Signs of the last two partial signals. */
  #signs: [boolean, boolean] = [false, false];
  #tone = false;

  constructor(codeSize: G726CodeSize, packing: G726Packing) {
    this.#codeSize = codeSize;
    this.#packing = packing;
  }

  /** Decodes a packet, which begins with a whole code. */
  decode(bytes: Buffer): Int16Array {
    const size = this.#codeSize;
    const samples = new Int16Array(Math.floor((bytes.length * 8) / size));
    let window = 0;
    let filled = 0;
    let read = 0;
    for (let index = 0; index < samples.length; index += 1) {
      if (filled < size) {
        const byte = bytes[read++] ?? 0;
        window = this.#packing === 'little' ? window | (byte << filled) : (window << 8) | byte;
        filled += 8;
      }
      filled -= size;
      const shift = this.#packing === 'little' ? 0 : filled;
      samples[index] = this.#decode((window >> shift) & ((1 << size) - 1));
      window = this.#packing === 'little' ? window >> size : window & ((1 << filled) - 1);
    }
    return samples;
  }

  #decode(code: number): number {
    const { logarithms, scales, speeds } = quantizers[this.#codeSize];
    const negative = code >= logarithms.length;
    const level = negative ? 2 * logarithms.length - 1 - code : code;
    const fromZeros = this.#zeros.reduce((sum, factor, index) => sum + times(factor, this.#differences[index]), 0);
    const fromPoles = times(this.#poles[0], this.#signals[0]) + times(this.#poles[1], this.#signals[1]);
    const scale = this.#scale();
    const magnitude = antilogarithm((logarithms[level] ?? 0) + (scale >> 2));
    const difference = negative ? -magnitude : magnitude;
    const signal = ((fromZeros + fromPoles) >> 1) + difference;
    const transition = this.#tone && magnitude > this.#threshold();
    this.#adaptScale(scale, scales[level] ?? 0);
    this.#adaptPredictor(difference, negative, difference + (fromZeros >> 1), transition);
    this.#adaptSpeed(scale, speeds[level] ?? 0, transition);
    if (transition) this.#tone = false;
    this.#differences = [round(magnitude, negative), ...this.#differences.slice(0, 5)];
    this.#signals = [round(Math.abs(signal), signal < 0), this.#signals[0]];
    return Math.max(-32_768, Math.min(signal * 4, 32_767));
  }

  /** LIMA, MIX. */
  #scale(): number {
    const weight = Math.min(this.#control >> 2, 64);
    return (this.#slow + (this.#fast - (this.#slow >> 6)) * weight) >> 6;
  }

  /** TRANS: a larger difference after a tone is a transition. */
  #threshold(): number {
    const whole = this.#slow >> 15;
    const limit = whole > 9 ? 31 << 10 : (32 + ((this.#slow >> 10) & 31)) << whole;
    return (limit + (limit >> 1)) >> 1;
  }

  /** FILTD, LIMB, FILTE. */
  #adaptScale(scale: number, factor: number): void {
    this.#fast = Math.max(544, Math.min(scale + ((factor * 32 - scale) >> 5), 5120));
    this.#slow += this.#fast + (-this.#slow >> 6);
  }

  /** FILTA, FILTB, SUBTC, FILTC, TRIGA. */
  #adaptSpeed(scale: number, speed: number, transition: boolean): void {
    this.#shortMean += ((speed << 9) - this.#shortMean) >> 5;
    this.#longMean += ((speed << 11) - this.#longMean) >> 7;
    const changes = Math.abs((this.#shortMean << 2) - this.#longMean) >= this.#longMean >> 3;
    const quick = scale < 1536 || changes || this.#tone;
    this.#control = transition ? 256 : this.#control + (((quick ? 512 : 0) - this.#control) >> 4);
  }

  /** ADDC, UPA2, LIMC, UPA1, LIMD, UPB, TRIGB, TONE. */
  #adaptPredictor(difference: number, negative: boolean, partial: number, transition: boolean): void {
    const sign = partial < 0;
    const [first, second] = this.#poles;
    const same = [sign === this.#signs[0], sign === this.#signs[1]];
    this.#signs = [sign, this.#signs[0]];
    const bounded = Math.max(-8191, Math.min(first, 8191)) * 4;
    const step = partial === 0 ? 0 : ((same[1] ? 16_384 : -16_384) + (same[0] ? -bounded : bounded)) >> 7;
    const newSecond = Math.max(-12_288, Math.min(second + step - (second >> 7), 12_288));
    const limit = 15_360 - newSecond;
    const push = partial === 0 ? 0 : same[0] ? 192 : -192;
    const newFirst = Math.max(-limit, Math.min(first + push - (first >> 8), limit));
    const zeros = this.#zeros.map((factor, index) => {
      const gain = difference === 0 ? 0 : negative === this.#differences[index]?.negative ? 128 : -128;
      return factor + gain - (factor >> 8);
    });
    this.#tone = newSecond < -11_776;
    this.#poles = transition ? [0, 0] : [newFirst, newSecond];
    this.#zeros = transition ? [0, 0, 0, 0, 0, 0] : zeros;
  }
}

/** ADDA, ANTILOG. @param logarithm base 2, in 128ths */
function antilogarithm(logarithm: number): number {
  if (logarithm < 0) return 0;
  const exponent = (logarithm >> 7) & 15;
  return (((logarithm & 127) + 128) << 7) >> (14 - exponent);
}

/** FLOATA, FLOATB. */
function round(magnitude: number, negative: boolean): Rounded {
  const exponent = 32 - Math.clz32(magnitude);
  return { negative, exponent, mantissa: magnitude === 0 ? 32 : (magnitude << 6) >> exponent };
}

/** FMULT. */
function times(factor: number, { negative, exponent, mantissa } = zero): number {
  const size = Math.abs(factor >> 2);
  const own = round(size, factor < 0);
  const product = (mantissa * own.mantissa + 48) >> 4;
  const shift = exponent + own.exponent - 26;
  const magnitude = shift <= 0 ? (product << 7) >> -shift : ((product << 7) << shift) & 0x7fff;
  return own.negative === negative ? magnitude : -magnitude;
}
