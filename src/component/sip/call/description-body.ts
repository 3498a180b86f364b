import { contentTypeOf } from '../message/header-values.ts';
import type { SipMessage } from '../message/sip-message.ts';
import { SipError } from '../sip-error.ts';

const maxParts = 16;

/**
 * The session description of a message, which may be one part of several (RFC 5621 section 3.1).
 * @returns undefined when it has no body @throws SipError bad_message with status 415 when there is a body, but none that is one
 */
export function descriptionBody({ headers, body }: Pick<SipMessage, 'headers' | 'body'>): string | undefined {
  if (body.length === 0) return undefined;
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  const type = contentTypeOf(headers) ?? 'application/sdp';
  const text = body.toString();
  if (encoding === 'identity' && type === 'application/sdp') return text;
  const part =
    encoding === 'identity' && type.startsWith('multipart/')
      ? descriptionPart(text, headers.get('content-type') ?? '')
      : undefined;
  if (part === undefined) throw new SipError('bad_message', `a body of type ${type}`, 415);
  return part;
}

function descriptionPart(text: string, contentType: string): string | undefined {
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return undefined;
  const parts = `\r\n${text}`.split(`\r\n--${boundary}`, maxParts + 1).slice(1);
  for (const part of parts) {
    const end = part.indexOf('\r\n\r\n');
    if (end >= 0 && /^content-type\s*:\s*application\/sdp\s*(;|$)/im.test(part.slice(0, end)))
      return part.slice(end + 4);
  }
  return undefined;
}
