/** Compact forms of header names (RFC 3261 section 7.3.3 and the registry). */
const compactForms: Readonly<Record<string, string>> = {
  c: 'content-type',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
};

/** The headers of a message, in order. Names are compared without case, and by their long form. */
export class SipHeaders {
  readonly #lines: [name: string, value: string][] = [];

  constructor(lines: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of lines) this.append(name, value);
  }

  /** The first value; undefined when there is none. */
  get(name: string): string | undefined {
    const key = longForm(name);
    return this.#lines.find(([each]) => each === key)?.[1];
  }

  /** All values, one per header line: a line of a list, such as Contact, may hold several items. */
  all(name: string): string[] {
    const key = longForm(name);
    return this.#lines.filter(([each]) => each === key).map(([, value]) => value);
  }

  /** Adds a line after all others. */
  append(name: string, value: string): void {
    this.#lines.push([longForm(name), value]);
  }

  /** Adds a line before all others. */
  prepend(name: string, value: string): void {
    this.#lines.unshift([longForm(name), value]);
  }

  /** Replaces all lines of this name by one. */
  set(name: string, value: string): void {
    const key = longForm(name);
    const index = this.#lines.findIndex(([each]) => each === key);
    this.delete(name);
    this.#lines.splice(index < 0 ? this.#lines.length : index, 0, [key, value]);
  }

  delete(name: string): void {
    const key = longForm(name);
    const others = this.#lines.filter(([each]) => each !== key);
    this.#lines.splice(0, this.#lines.length, ...others);
  }

  /** The lines in order, with long names in lower case. */
  *[Symbol.iterator](): Generator<readonly [name: string, value: string]> {
    yield* this.#lines;
  }
}

function longForm(name: string): string {
  const lower = name.toLowerCase();
  return compactForms[lower] ?? lower;
}
