import { isIP, isIPv6 } from 'node:net';
import { Secret } from '../../config/secret.ts';
import { SipError } from './sip-error.ts';
import type { SipProtocol } from './transport/hop.ts';

/** Where an account is registered. */
export interface RegistrarAddress {
  /** `sips`: over TLS only, on every hop. */
  readonly scheme: 'sip' | 'sips';
  /** Name or IP literal, an IPv6 one in brackets: the domain of the account. */
  readonly host: string;
  /** Undefined: found by SRV, or 5060 (5061 with TLS). */
  readonly port?: number;
  /** Undefined: found by NAPTR or SRV, or UDP. */
  readonly transport?: SipProtocol;
}

/** An account of a SIP provider, or of a telephone system. */
export interface SipAccount {
  readonly registrar: RegistrarAddress;
  /** The user part of the address of record, not escaped. */
  readonly username: string;
  readonly password: Secret;
}

const maxAddressLength = 512;
const protocols: readonly SipProtocol[] = ['udp', 'tcp', 'tls'];
const addressForm = /^(?:(sips?):)?(\[[\da-f:.]+\]|[a-z\d._-]+)(?::(\d{1,5}))?(?:;transport=([a-z]+))?$/i;

/**
 * Reads the address of a registrar: `example.org`, `192.0.2.1:5062`, `sips:example.org`, `example.org;transport=tcp`.
 * @throws SipError bad_address
 */
export function parseRegistrarAddress(text: string): RegistrarAddress {
  const written = isIPv6(text) ? `[${text}]` : text.trim();
  const match = written.length <= maxAddressLength ? addressForm.exec(written) : null;
  const [, scheme = 'sip', host = '', digits, word] = match ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  const transport = protocols.find((protocol) => protocol === word?.toLowerCase());
  const secure = scheme.toLowerCase() === 'sips';
  const known = word === undefined || (transport !== undefined && !(secure && transport === 'udp'));
  if (!known || !isHost(host) || (port !== undefined && (port < 1 || port > 65_535))) throw new SipError('bad_address');
  return {
    scheme: secure ? 'sips' : 'sip',
    host: host.toLowerCase(),
    ...(port !== undefined && { port }),
    ...(transport && { transport }),
  };
}

/** Reads the credentials of a request. @throws SipError bad_address when they cannot be put into a SIP URI */
export function accountOf(given: { address: string; username: string; password: string }): SipAccount {
  const { address, username, password } = given;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end a header
  if (username === '' || username.length > 256 || /[\u0000-\u001f\u007f]/.test(username))
    throw new SipError('bad_address');
  return { registrar: parseRegistrarAddress(address), username, password: new Secret(password) };
}

/** The URI of REGISTER: `sip:example.org:5062;transport=tcp`. */
export function registrarUri({ scheme, host, port, transport }: RegistrarAddress): string {
  return `${scheme}:${host}${port === undefined ? '' : `:${port}`}${transport ? `;transport=${transport}` : ''}`;
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1));
  if (isIP(host) === 4) return true;
  // A name of digits and dots only is a mistyped address.
  return host.length <= 253 && !/^[\d.]*$/.test(host) && host.split('.').every(isLabel);
}

function isLabel(label: string, index: number, labels: readonly string[]): boolean {
  if (label === '') return index > 0 && index === labels.length - 1;
  return label.length <= 63 && /^[a-z\d_]([a-z\d_-]*[a-z\d_])?$/i.test(label);
}
