import { RtspError } from './rtsp-error.ts';

/** Headers with names in lower case; a header may be repeated. */
export class RtspHeaders {
  readonly #values = new Map<string, string[]>();

  add(name: string, value: string): void {
    const key = name.toLowerCase();
    const values = this.#values.get(key);
    if (values) values.push(value);
    else this.#values.set(key, [value]);
  }

  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** A non-negative integer of at most nine digits; anything after it is ignored. */
  number(name: string): number | undefined {
    const digits = /^\s*(\d{1,9})(?!\d)/.exec(this.get(name) ?? '')?.[1];
    return digits === undefined ? undefined : Number(digits);
  }
}

export interface RtspResponse {
  readonly status: number;
  readonly headers: RtspHeaders;
  readonly body: Buffer;
}

/** A request of the server to us. */
export interface RtspRequest {
  readonly method: string;
  readonly headers: RtspHeaders;
}

/** The start line and headers of a message, before its body. */
export type MessageHead = { readonly headers: RtspHeaders } & (
  | { readonly status: number }
  | { readonly method: string }
);

const maxLineLength = 8192;
const maxHeaders = 100;
const responseLine = /^RTSP\/[12]\.\d (\d{3})(?: |$)/;
const requestLine = /^([A-Z_]{1,20}) \S+ RTSP\/[12]\.\d$/;

/** @throws RtspError invalid_response */
export function parseHead(text: string): MessageHead {
  const [first = '', ...lines] = text.split(/\r?\n/);
  if (lines.length > maxHeaders || lines.some((line) => line.length > maxLineLength)) {
    throw new RtspError('invalid_response');
  }
  const headers = new RtspHeaders();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.add(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const status = responseLine.exec(first)?.[1];
  if (status !== undefined) return { status: Number(status), headers };
  const method = requestLine.exec(first)?.[1];
  if (method !== undefined) return { method, headers };
  throw new RtspError('invalid_response');
}

/** Writes a request. */
export function writeRequest(method: string, url: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${url} RTSP/1.0\r\n${lines.join('')}\r\n`;
}
