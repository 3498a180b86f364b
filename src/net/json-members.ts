/**
 * Whether a JSON text has more than `limit` items and members, which is what parsing it and looking at it costs. The text need not be
 * JSON; what is between quotes is passed over.
 */
export function hasMoreMembers(text: string, limit: number): boolean {
  let members = 0;
  for (let index = 0; index < text.length && members <= limit; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (code === comma || code === bracket || code === brace) members += 1;
  }
  return members > limit;
}

const [quote, comma, bracket, brace, backslash] = [0x22, 0x2c, 0x5b, 0x7b, 0x5c];

/** @param start of the string: its quote @returns the index of the other quote, or of the end of the text */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

/** Whether an odd number of backslashes is in front. */
function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text.charCodeAt(first - 1) === backslash) first -= 1;
  return (index - first) % 2 === 1;
}
