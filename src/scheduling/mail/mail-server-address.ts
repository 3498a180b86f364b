import type { Secret } from '../../config/secret.ts';
import { StartError } from '../../error/start-error.ts';
import { isLoopback } from '../../net/address-range.ts';

/** Where mails are handed over, as nodemailer takes it. */
export interface MailServerAddress {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise STARTTLS when the server offers it. */
  readonly secure: boolean;
  /** No mail without STARTTLS. */
  readonly requireTLS: boolean;
  readonly ignoreTLS: boolean;
  readonly tls: { readonly rejectUnauthorized: boolean };
  /** Undefined: nobody logs in. */
  readonly auth?: { readonly user: string; readonly pass: string };
}

const variable = 'JITSI_ADMIN_SMTP_URL';
const ports: Readonly<Record<string, number>> = { 'smtp:': 25, 'smtps:': 465 };
const parameters: readonly string[] = ['tls.rejectUnauthorized', 'requireTLS', 'ignoreTLS'];

/**
 * Reads `smtp://user:password@host:port?requireTLS=true`. A password does not leave this machine without TLS, unless `requireTLS=false`
 * or `ignoreTLS=true` is given.
 * @throws StartError without the URL, which may hold a password
 */
export function parseMailServer(secret: Secret): MailServerAddress {
  const url = URL.parse(secret.reveal());
  const port = ports[url?.protocol ?? ''];
  if (!url?.hostname || port === undefined)
    throw new StartError(`${variable} must be smtp://host:port or smtps://host:port.`);
  const flag = flagsOf(url.searchParams);
  const host = decode(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const auth = url.username ? { user: decode(url.username), pass: decode(url.password) } : undefined;
  const ignoreTLS = flag('ignoreTLS', false);
  return {
    ...{ host, port: url.port ? Number(url.port) : port, secure: url.protocol === 'smtps:', ignoreTLS },
    requireTLS: flag('requireTLS', auth !== undefined && !ignoreTLS && host !== 'localhost' && !isLoopback(host)),
    tls: { rejectUnauthorized: flag('tls.rejectUnauthorized', true) },
    ...(auth && { auth }),
  };
}

/** @throws StartError for what would be overlooked otherwise */
function flagsOf(given: URLSearchParams): (name: string, otherwise: boolean) => boolean {
  for (const [name, value] of given) {
    if (!parameters.includes(name) || !/^(true|false)$/.test(value))
      throw new StartError(`${variable} may have the parameters ${parameters.join(', ')}, each true or false.`);
  }
  return (name, otherwise) => (given.has(name) ? given.get(name) === 'true' : otherwise);
}

/** @throws StartError when an escape is none */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StartError(`${variable} has a percent sign that must be written as %25.`);
  }
}
