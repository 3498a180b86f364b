import { SipError } from '../sip-error.ts';
import type { SipMessage } from './sip-message.ts';

/** How names are written that are no plain words in capitals. */
const written: Readonly<Record<string, string>> = {
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  'mime-version': 'MIME-Version',
  rack: 'RAck',
  rseq: 'RSeq',
  'www-authenticate': 'WWW-Authenticate',
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const control = /[\x00-\x08\x0a-\x1f\x7f]/;
const headerName = /^[\w.!%*+`'~-]+$/;
const method = /^[\w.!%*+`'~-]{1,64}$/;
const uri = /^[A-Za-z][A-Za-z\d+.-]*:[\x21\x23-\x3b\x3d\x3f-\x7e]+$/;

/**
 * Writes a message. Content-Length is that of the body, whatever the headers say.
 * @throws SipError bad_message when a part of it holds a line break or another control character, or is none at all
 */
export function writeMessage(message: SipMessage): Buffer {
  const lines = [startLine(message)];
  for (const [name, value] of message.headers) {
    if (name === 'content-length') continue;
    if (!headerName.test(name)) throw new SipError('bad_message');
    lines.push(`${writtenName(name)}: ${value}`);
  }
  lines.push(`Content-Length: ${message.body.length}`);
  if (lines.some((line) => control.test(line))) throw new SipError('bad_message');
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), message.body]);
}

function startLine(message: SipMessage): string {
  if (message.type === 'response') {
    const { status, reason } = message;
    if (!Number.isInteger(status) || status < 100 || status > 699) throw new SipError('bad_message');
    return `SIP/2.0 ${status} ${reason}`;
  }
  if (!method.test(message.method) || !uri.test(message.uri)) throw new SipError('bad_message');
  return `${message.method} ${message.uri} SIP/2.0`;
}

function writtenName(name: string): string {
  return written[name] ?? name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
