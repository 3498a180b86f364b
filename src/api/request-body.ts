import { isUtf8 } from 'node:buffer';
import qs from 'qs';
import { FrameworkError } from './framework-error.ts';
import { readNumber } from './written-number.ts';

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
    return mayHoldWrittenNumbers.test(this.#text) ? this.#exactly() : this.#members;
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

/** A form: all values are strings. Names may be nested with brackets. */
function formBody(encoded: string): RequestBody {
  const members = parseEncoded(encoded);
  return { method: members._method, members: () => members };
}

/** @throws FrameworkError 400 */
export function readJsonBody(body: Buffer): JsonBody {
  if (!isUtf8(body)) throw new FrameworkError(400);
  return new JsonBody(body.toString());
}

/** `application/x-www-form-urlencoded`. @throws FrameworkError 415 */
export function readFormBody(body: Buffer): RequestBody {
  const encoded = body.toString('latin1');
  checkEncoding(encoded);
  return formBody(body.toString());
}

/** `multipart/form-data`; files are left out. @throws FrameworkError 400, 415 */
export async function readMultipartBody(body: Buffer, contentType: string): Promise<RequestBody> {
  const headers = { 'content-type': contentType };
  const form = await new Response(new Uint8Array(body), { headers }).formData().catch(() => {
    throw new FrameworkError(400);
  });
  const fields = new URLSearchParams();
  for (const [name, value] of form) if (typeof value === 'string') fields.append(name, value);
  // A file may hold any bytes, so the body as a whole shows bad text only when there is none.
  if ([...form.values()].every((value) => typeof value === 'string') && !isUtf8(body)) throw new FrameworkError(415);
  return formBody(fields.toString());
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
