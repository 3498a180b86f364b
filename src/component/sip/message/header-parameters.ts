/** Parameters of a header or a URI, in order: names in lower case, values without quotes, undefined for one without a value. */
export type HeaderParameters = ReadonlyMap<string, string | undefined>;

/** RFC 3261 section 25.1: `token`, and the host that `received` and `maddr` may have. */
const token = "[\\w.!%*+`'~-]+";
const pattern = new RegExp(
  `[ \\t]*;[ \\t]*(${token})(?:[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|([\\w.!%*+\`'~:[\\]/@-]+)))?`,
  'y',
);
const wholeToken = new RegExp(`^${token}$`);

export const isToken = (text: string): boolean => wholeToken.test(text);

/** Of one header or URI; strangers send more. */
export const maxParameters = 100;

/**
 * Parses `;name=value;name` from a position to the end of the text. The first of two parameters of the same name counts.
 * @returns undefined when it is not well-formed
 */
export function parseSipHeaderParameters(text: string, from = 0): HeaderParameters | undefined {
  const parameters = new Map<string, string | undefined>();
  let at = from;
  for (let count = 0; at < text.length; count += 1) {
    if (count > maxParameters) return undefined;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) return text.slice(at).trim() === '' ? parameters : undefined;
    const [whole, name = '', quotedValue, value] = match;
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quotedValue === undefined ? value : unescaped(quotedValue));
    at += whole.length;
  }
  return parameters;
}

/** @returns `;name=value;name`, or an empty text. Values that are no tokens, hosts or addresses are quoted. */
export function formatHeaderParameters(parameters: HeaderParameters): string {
  return Array.from(parameters, ([name, value]) => {
    if (value === undefined) return `;${name}`;
    return `;${name}=${/^[\w.!%*+`'~:[\]/@-]+$/.test(value) ? value : quotedString(value)}`;
  }).join('');
}

/** RFC 3261 section 25.1, `quoted-string`. */
export function quotedString(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The text of a quoted string, without its quotes. */
export function unescaped(inQuotes: string): string {
  return inQuotes.replace(/\\(.)/gs, '$1');
}
