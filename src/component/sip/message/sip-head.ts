import { SipError } from '../sip-error.ts';
import { isToken } from './header-parameters.ts';
import { SipHeaders } from './sip-headers.ts';

/** Start line and headers of a message. */
export type SipHead = { readonly headers: SipHeaders } & (
  | { readonly type: 'request'; readonly method: string; readonly uri: string }
  | { readonly type: 'response'; readonly status: number; readonly reason: string }
);

/** Of start line and headers together, in bytes. */
export const maxHeadBytes = 16 * 1024;
const maxLines = 100;
/** Of one header or the start line, in characters. */
const maxLineLength = 8192;
const requestLine = /^([\w.!%*+`'~-]{1,64}) ([A-Za-z][A-Za-z\d+.-]*:[\x21\x23-\x3b\x3d\x3f-\x7e]+) SIP\/2\.0$/i;
const responseLine = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i;
// RFC 4475 has a quoted BEL and NUL in a display name. They would reach logs and our own messages, and nobody needs them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const control = /[\x00-\x08\x0a-\x1f\x7f]/;

/** @param text from the start line to the last header, without the empty line @throws SipError bad_message */
export function parseSipHead(text: string): SipHead {
  const [first = '', ...lines] = text.split('\r\n');
  if (lines.length > maxLines || control.test(first)) throw bad();
  const headers = new SipHeaders(unfolded(lines).map(parseLine));
  const [, method, uri] = requestLine.exec(first.slice(0, maxLineLength)) ?? [];
  if (method !== undefined && uri !== undefined) return { type: 'request', method, uri, headers };
  const [, status, reason = ''] = responseLine.exec(first.slice(0, maxLineLength)) ?? [];
  if (status !== undefined) return { type: 'response', status: Number(status), reason, headers };
  throw bad();
}

/** Joins lines that begin with a space or a tab to the one before (RFC 3261 section 7.3.1). */
function unfolded(lines: readonly string[]): string[] {
  const whole: string[][] = [];
  for (const line of lines) {
    if (!/^[ \t]/.test(line)) whole.push([line]);
    else if (!whole.at(-1)?.push(line.trim())) throw bad();
  }
  return whole.map((parts) => parts.join(' '));
}

function parseLine(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).trimEnd();
  if (colon < 0 || line.length > maxLineLength || !isToken(name) || control.test(line)) throw bad();
  return [name, line.slice(colon + 1).trim()];
}

function bad(): SipError {
  return new SipError('bad_message');
}
