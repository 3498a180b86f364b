/** One challenge of a WWW-Authenticate or Proxy-Authenticate header, RFC 9110 11.3. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case, values without their quotes. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Maximum header length, in characters; the rest is ignored. */
const maxLength = 4096;

const parameter = /^[\s,]*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/;
const scheme = /^[\s,]*([A-Za-z][\w-]*)(?=\s|,|$)/;

/** Parses the challenges of one header value, up to the first syntax error. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let rest = header.slice(0, maxLength);
  for (;;) {
    const pair = parameter.exec(rest);
    const name = pair ? null : scheme.exec(rest);
    const match = pair ?? name;
    if (!match) return challenges;
    rest = rest.slice(match[0].length);
    if (name) challenges.push({ scheme: (name[1] ?? '').toLowerCase(), parameters: new Map() });
    if (pair) challenges.at(-1)?.parameters.set((pair[1] ?? '').toLowerCase(), unquoted(pair));
  }
}

/** The text as a quoted string, RFC 9110 5.6.4. Control characters, which could end a line, are removed. */
export function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return `"${text.replace(/[\u0000-\u001f\u007f]/g, '').replace(/["\\]/g, '\\$&')}"`;
}

function unquoted([, , inQuotes, bare]: RegExpExecArray): string {
  return inQuotes === undefined ? (bare ?? '') : inQuotes.replace(/\\(.)/g, '$1');
}
