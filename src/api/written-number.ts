/** A JSON number that a double cannot hold as it was written: `60.0` is not the integer 60, and 2^53 + 1 would lose its last digit. */
export class WrittenNumber {
  /** Shortest form. */
  readonly text: string;
  readonly isInteger: boolean;

  constructor(text: string, isInteger: boolean) {
    this.text = text;
    this.isInteger = isInteger;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): unknown {
    return rawJson(this.text);
  }
}

/** The number of a JSON text, as a plain number wherever that says the same. @param source as written */
export function readNumber(value: number, source: string): number | WrittenNumber {
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : new WrittenNumber(source, true);
  if (!Number.isFinite(value)) return new WrittenNumber(source, false);
  if (!Number.isInteger(value)) return value;
  const digits = Object.is(value, -0) ? '-0' : String(value);
  return new WrittenNumber(digits.includes('e') ? digits : `${digits}.0`, false);
}

/** The value when it is an integer of at least `minimum`, written as one. */
export function integerOf(value: unknown, minimum: number): number | undefined {
  const number = value instanceof WrittenNumber && value.isInteger ? Number(value.text) : value;
  return Number.isInteger(number) && (number as number) >= minimum ? (number as number) : undefined;
}

/** Maximum length of a value in an error text, in characters. */
const maxPrinted = 1000;

/** A JSON value as error texts show it: strings without quotes, everything else as compact JSON. Long ones are cut. */
export function printed(value: unknown): string {
  const text = typeof value === 'string' ? value : compact(value);
  return text.length > maxPrinted ? `${text.slice(0, maxPrinted)}…` : text;
}

function compact(value: unknown): string {
  try {
    return String(JSON.stringify(value));
  } catch {
    // It nests too deeply to be written.
    return '…';
  }
}

/** JSON text that `JSON.stringify` copies as it is; part of the runtime, not yet of TypeScript's library. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };
