import { isIPv6 } from 'node:net';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { type HttpConfig, httpVariables, type TlsFiles } from './http.ts';
import { hostPart } from './origin-rule.ts';
import type { Secret } from './secret.ts';
import { anyText, oneOf, port, realSecret, words } from './text-form.ts';
import { variable } from './variable.ts';
import { webRtcVariables } from './webrtc.ts';

/** Which relay peers get: our own additions. */
export const turnVariables = {
  mode: variable('SHOAL_TURN', {
    description: '`embedded`: Shoal runs coturn; `external`: the servers below; `off`: none.',
    form: oneOf(['embedded', 'external', 'off']),
    defaultText: '`external` when `SHOAL_TURN_URLS` is set, else `embedded`',
  }),
  tlsPort: variable('SHOAL_TURN_TLS_PORT', {
    description: 'TLS port of the embedded server. Needs a certificate.',
    form: port,
    defaultText: 'unset: no TLS',
  }),
  tlsHost: variable('SHOAL_TURN_TLS_HOST', {
    description: 'Name in that certificate, given to clients.',
    form: anyText,
    defaultText: 'host part of `FJ_HOST`',
  }),
  keyPath: variable('SHOAL_TURN_TLS_KEY_PATH', {
    description: 'Private key of the embedded server (PEM).',
    form: anyText,
    defaultText: '`FJ_SSL_KEY_PATH`',
  }),
  certPath: variable('SHOAL_TURN_TLS_CERT_PATH', {
    description: 'Certificate of the embedded server (PEM).',
    form: anyText,
    defaultText: '`FJ_SSL_CERT_PATH`',
  }),
  urls: variable('SHOAL_TURN_URLS', {
    description:
      'External servers, space-separated: `turn:turn.example.com:3478?transport=udp turns:turn.example.com:443?transport=tcp`.',
    form: words,
  }),
  secret: variable('SHOAL_TURN_SECRET', {
    description:
      'Secret shared with the external servers (`static-auth-secret` of coturn): credentials per peer, for 48 hours.',
    form: realSecret,
  }),
  username: variable('SHOAL_TURN_USERNAME', {
    description: 'Fixed user of the external servers, instead of the secret.',
    form: anyText,
  }),
  password: variable('SHOAL_TURN_PASSWORD', { description: 'Password of that user.', form: realSecret }),
};

export type TurnConfig =
  | { readonly mode: 'off' }
  | { readonly mode: 'embedded'; readonly tls?: TlsFiles & { readonly port: number; readonly serverName: string } }
  | { readonly mode: 'external'; readonly servers: readonly ExternalTurnAddress[]; readonly auth: ExternalTurnAuth };

export interface ExternalTurnAddress {
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp' | 'tls';
}

export type ExternalTurnAuth =
  | { readonly kind: 'shared-secret'; readonly secret: Secret }
  | { readonly kind: 'fixed'; readonly username: string; readonly password: Secret };

/** @throws ConfigError */
export function readTurn(environment: Environment, http: HttpConfig): TurnConfig {
  const urls = environment.read(turnVariables.urls);
  const mode = environment.read(turnVariables.mode) ?? (urls ? 'external' : 'embedded');
  if (mode === 'off' || !environment.read(webRtcVariables.used)) return { mode: 'off' };
  if (mode === 'embedded') return readEmbedded(environment, http);
  if (!urls || urls.length === 0) throw new ConfigError('SHOAL_TURN is external but SHOAL_TURN_URLS names no server');
  return { mode: 'external', servers: urls.map(parseTurnUrl), auth: readAuth(environment) };
}

function readEmbedded(environment: Environment, http: HttpConfig): TurnConfig {
  const port = environment.read(turnVariables.tlsPort);
  if (port === undefined) return { mode: 'embedded' };
  const keyPath = environment.read(turnVariables.keyPath) ?? http.tls?.keyPath;
  const certPath = environment.read(turnVariables.certPath) ?? http.tls?.certPath;
  if (keyPath === undefined || certPath === undefined) {
    throw new ConfigError(
      'SHOAL_TURN_TLS_PORT has been set but there is no certificate: set SHOAL_TURN_TLS_KEY_PATH and SHOAL_TURN_TLS_CERT_PATH, or FJ_SSL_KEY_PATH and FJ_SSL_CERT_PATH',
    );
  }
  const host = environment.read(httpVariables.host) ?? http.ip;
  const serverName = environment.read(turnVariables.tlsHost) ?? hostPart(host);
  return { mode: 'embedded', tls: { port, serverName, keyPath, certPath } };
}

function readAuth(environment: Environment): ExternalTurnAuth {
  const secret = environment.read(turnVariables.secret);
  const username = environment.read(turnVariables.username);
  const password = environment.read(turnVariables.password);
  if (secret) return { kind: 'shared-secret', secret };
  if (username !== undefined && password) return { kind: 'fixed', username, password };
  throw new ConfigError(
    'SHOAL_TURN_URLS has been set but there are no credentials: set SHOAL_TURN_SECRET, or SHOAL_TURN_USERNAME and SHOAL_TURN_PASSWORD',
  );
}

/** A TURN URI: RFC 7065, with the ports of RFC 8656 when none is written. */
function parseTurnUrl(url: string): ExternalTurnAddress {
  const match = /^(turns?):(\[[^\]]+\]|[^:?/@[\]]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i.exec(url);
  const [, scheme = '', host = '', port, wanted] = match ?? [];
  const tls = scheme.toLowerCase() === 'turns';
  const number = port === undefined ? (tls ? 5349 : 3478) : Number(port);
  const overUdp = tls && wanted?.toLowerCase() === 'udp';
  const address = hostPart(host);
  const badIpv6 = host.startsWith('[') && !isIPv6(address);
  if (!match || overUdp || badIpv6 || number < 1 || number > 65_535) {
    throw new ConfigError(
      `Bad SHOAL_TURN_URLS environment variable value. Expected turn:host:port?transport=udp, turn:host:port?transport=tcp or turns:host:port?transport=tcp, got: ${url}`,
    );
  }
  const plain = wanted?.toLowerCase() === 'tcp' ? 'tcp' : 'udp';
  return { host: address, port: number, transport: tls ? 'tls' : plain };
}
