type Random = () => number;

const below = (random: Random, limit: number) => Math.floor(random() * limit);

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[below(random, list.length)] as T;
}

/** Bytes with one to eight faults: flipped, cut out, repeated, overwritten, cut off. Never more than 64 KiB longer. */
export function mutatedBytes(random: Random, original: Uint8Array): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let faults = 1 + below(random, 8); faults > 0; faults -= 1) bytes = pick(random, byteFaults)(random, bytes);
  return bytes;
}

const byteFaults: readonly ((random: Random, bytes: Buffer) => Buffer)[] = [
  (random, bytes) => {
    if (bytes.length > 0) {
      const at = below(random, bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
    }
    return bytes;
  },
  (random, bytes) => {
    if (bytes.length > 0) bytes[below(random, bytes.length)] = below(random, 256);
    return bytes;
  },
  (random, bytes) => {
    const from = below(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + below(random, 32))]);
  },
  (random, bytes) => {
    const from = below(random, bytes.length);
    const piece = bytes.subarray(from, from + below(random, 64));
    return Buffer.concat([
      bytes.subarray(0, from),
      ...Array<Buffer>(1 + below(random, 100)).fill(piece),
      bytes.subarray(from),
    ]);
  },
  (random, bytes) => bytes.subarray(0, below(random, bytes.length + 1)),
  (random, bytes) => {
    const at = below(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(random, hostileTexts)), bytes.subarray(at)]);
  },
];

/** A text with faults; it need not be well-formed. */
export function mutatedText(random: Random, original: string): string {
  return mutatedBytes(random, Buffer.from(original)).toString(random() < 0.5 ? 'utf8' : 'latin1');
}

/** A JSON value with members replaced, removed, renamed or nested. */
export function mutatedJson(random: Random, value: unknown): unknown {
  if (random() < 0.15) return hostileValue(random);
  if (Array.isArray(value)) {
    const items = value.map((item) => mutatedJson(random, item));
    return random() < 0.1 ? Array<unknown>(below(random, 20)).fill(items) : items;
  }
  if (typeof value !== 'object' || value === null) {
    return random() < 0.3 && typeof value === 'string' ? mutatedText(random, value) : value;
  }
  const members = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    if (random() < 0.05) return [];
    return [[random() < 0.05 ? pick(random, hostileTexts) : name, mutatedJson(random, member)]];
  });
  if (random() < 0.1) members.push([pick(random, hostileTexts), hostileValue(random)]);
  return Object.fromEntries(members);
}

function hostileValue(random: Random): unknown {
  return random() < 0.3 ? nested(below(random, 3000)) : pick(random, hostileValues);
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level += 1) value = level % 2 ? [value] : { a: value };
  return value;
}

const hostileTexts = [
  '',
  '\u0000',
  '\ud800',
  '\r\n\r\n',
  '%00%ff%',
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '-1',
  '99999999999999999999',
  '1e999',
  'a'.repeat(5000),
  'a-'.repeat(2000),
  '://@:/?#'.repeat(500),
  '\u{1f41f}'.repeat(300),
];

const hostileValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  [],
  {},
  [[]],
  { type: 'sdpOffer' },
  ...hostileTexts,
];
