import { isUtf8 } from 'node:buffer';
import qs from 'qs';
import { hasMoreMembers } from '../net/json-members.ts';
import { FrameworkError } from './framework-error.ts';
import { readNumber } from './written-number.ts';

/**
 * Limits of what has to be looked at in a body, whatever its length: members and items of JSON, separators and escapes of a form, lines,
 * parameters, escapes, brackets and text of several parts. Beyond them it is too large.
 */
const maxMembers = 20_000;
const maxSeparators = 50_000;
const maxMarks = 50_000;
const maxFieldText = 1_000_000;
/** Length of a JSON text, in characters, up to which numbers are read as they are written. */
const maxExact = 1_000_000;

/** Parameters of a request by name. */
export type Members = Readonly<Record<string, unknown>>;

/** What a body says: docs/contracts/fishjam-rest.md 1.1. */
export interface RequestBody {
  /** The member `_method`: the method that the request is meant to have. */
  readonly method: unknown;
  members(): Members;
}

/** A body of JSON. One that is no object says nothing. */
export class JsonBody implements RequestBody {
  readonly #text: string;
  readonly #members: Members;

  /** @throws FrameworkError 400 */
  constructor(text: string) {
    this.#text = text;
    try {
      const value: unknown = text === '' ? {} : JSON.parse(text);
      this.#members = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
    } catch {
      throw new FrameworkError(400);
    }
  }

  get method(): unknown {
    return this.#members._method;
  }

  /** Numbers that a double cannot hold as written are WrittenNumbers. */
  members(): Members {
    const isExact = this.#text.length > maxExact || !mayHoldWrittenNumbers.test(this.#text);
    return isExact ? this.#members : this.#exactly();
  }

  /** Reads the text once more. Done on demand, because it is slow and bodies are parsed before the caller is known. */
  #exactly(): Members {
    if (Object.keys(this.#members).length === 0) return this.#members;
    const revive = (_key: string, value: unknown, context: { source?: string }) =>
      typeof value === 'number' ? readNumber(value, context.source ?? String(value)) : value;
    try {
      return JSON.parse(this.#text, revive as (key: string, value: unknown) => unknown) as Members;
    } catch {
      // It was parsed before; only nesting beyond all reason fails now.
      throw new FrameworkError(400);
    }
  }
}

const mayHoldWrittenNumbers = /\d\.\d|\d[eE]|\d{16}/;

/** @throws FrameworkError 400, 413 */
export function readJsonBody(body: Buffer): JsonBody {
  if (!isUtf8(body)) throw new FrameworkError(400);
  const text = body.toString();
  if (hasMoreMembers(text, maxMembers)) throw new FrameworkError(413);
  return new JsonBody(text);
}

/** `application/x-www-form-urlencoded`: all values are strings. Names may be nested with brackets. @throws FrameworkError 413, 415 */
export function readFormBody(body: Buffer): RequestBody {
  if (countOf(body, '%+&[', maxSeparators) >= maxSeparators) throw new FrameworkError(413);
  const encoded = body.toString('latin1');
  checkEncoding(encoded);
  const members = parseEncoded(body.toString());
  return { method: members._method, members: () => members };
}

/** `multipart/form-data`; files are left out. @throws FrameworkError 400, 413, 415 */
export async function readMultipartBody(body: Buffer, contentType: string): Promise<RequestBody> {
  const { texts, hasFiles } = await readMultipart(body, contentType);
  const fields = new URLSearchParams();
  for (const [name, value] of texts) fields.append(name, value);
  // A file may hold any bytes, so the body as a whole shows bad text only when there is none.
  if (!hasFiles && !isUtf8(body)) throw new FrameworkError(415);
  return readFormBody(Buffer.from(fields.toString()));
}

/** The texts of a `multipart/form-data` body with their names, as they come. @throws FrameworkError 400, 413 */
export async function readMultipart(
  body: Buffer,
  contentType: string,
): Promise<{ readonly texts: readonly [string, string][]; readonly hasFiles: boolean }> {
  if (countOf(body, '\n;%[', maxMarks) >= maxMarks) throw new FrameworkError(413);
  const headers = { 'content-type': contentType };
  const form = await new Response(new Uint8Array(body), { headers }).formData().catch(() => {
    throw new FrameworkError(400);
  });
  const entries = [...form];
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (texts.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > maxFieldText) {
    throw new FrameworkError(413);
  }
  return { texts, hasFiles: texts.length < entries.length };
}

/** The type of a body, in lower case and without parameters; empty when there is none. */
export function mediaType(contentType = ''): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The query string of a request's target, without the question mark. */
export function queryOf(target = ''): string {
  const mark = target.indexOf('?');
  return mark < 0 ? '' : target.slice(mark + 1);
}

/** Query strings and forms. Of equal names the last one counts. */
export function parseEncoded(text: string): Members {
  return qs.parse(text, { duplicates: 'last', arrayLimit: 1000, depth: 8 });
}

/** @param encoded as received, a character per byte @throws FrameworkError 415 when it is not UTF-8 */
export function checkEncoding(encoded: string): void {
  const bytes = encoded.replace(/%([\da-f]{2})/gi, (_escape, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (!isUtf8(Buffer.from(bytes, 'latin1'))) throw new FrameworkError(415);
}

/** How many bytes are one of these characters; it is counted up to the limit. */
function countOf(bytes: Buffer, characters: string, limit: number): number {
  const codes = new Set(Buffer.from(characters));
  const counted = Array.from({ length: 256 }, (_, code) => codes.has(code));
  let count = 0;
  for (let index = 0; index < bytes.length && count < limit; index += 1) {
    if (counted[bytes[index] as number]) count += 1;
  }
  return count;
}
