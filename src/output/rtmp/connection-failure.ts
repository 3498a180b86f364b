import { OutboundError } from '../../net/outbound-error.ts';
import { OutputError } from '../program-output.ts';

/** Texts for error codes of the system, as operators know them from ffmpeg. */
const reasons: Readonly<Record<string, string>> = {
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ENOTFOUND: 'Name or service not known',
  ETIMEDOUT: 'Connection timed out',
};

/** Why an RTMP connection failed. @param error of the socket; undefined: it was closed */
export function connectionFailure(error: Error | undefined): OutputError {
  if (error instanceof OutboundError) return new OutputError('refused', 'The RTMP server must not be reached');
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException;
  if (/CERT|SIGNATURE/.test(code)) {
    return new OutputError('refused', `The certificate of the RTMP server is not valid (${code}): Input/output error`);
  }
  return new OutputError('broken', `The RTMP server cannot be reached: ${reasons[code] ?? 'Connection refused'}`);
}
