/** Controls, separators of lines, and what turns the direction of the text that follows. */
const invisible = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/**
 * A text of a stranger as one line that can be read: for subjects, mails and calendars.
 * @param maxLength in characters; what is longer is cut
 */
export function oneLine(text: string, maxLength: number): string {
  // Of a very long one, the beginning is enough.
  const line = text
    .slice(0, 4 * maxLength)
    .replace(invisible, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .toWellFormed();
  const characters = Array.from(line);
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : line;
}
