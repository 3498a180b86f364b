import { isIPv6 } from 'node:net';
import type { ExternalTurnAddress, ExternalTurnAuth, HttpConfig, TurnConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { hostPart } from './origin-rule.ts';

/** Which relay peers get. */
export function readTurn(environment: Environment, http: HttpConfig): TurnConfig {
  const urls = environment.read('SHOAL_TURN_URLS');
  const mode = environment.read('SHOAL_TURN') ?? (urls ? 'external' : 'embedded');
  if (mode === 'off' || !environment.require('FJ_WEBRTC_USED')) return { mode: 'off' };
  if (mode === 'embedded') return readEmbedded(environment, http);
  if (!urls || urls.length === 0) throw new ConfigError('SHOAL_TURN is external but SHOAL_TURN_URLS names no server');
  return { mode: 'external', servers: urls.map(parseTurnUrl), auth: readAuth(environment) };
}

function readEmbedded(environment: Environment, http: HttpConfig): TurnConfig {
  const port = environment.read('SHOAL_TURN_TLS_PORT');
  if (port === undefined) return { mode: 'embedded' };
  const keyPath = environment.read('SHOAL_TURN_TLS_KEY_PATH') ?? http.tls?.keyPath;
  const certPath = environment.read('SHOAL_TURN_TLS_CERT_PATH') ?? http.tls?.certPath;
  if (keyPath === undefined || certPath === undefined) {
    throw new ConfigError(
      'SHOAL_TURN_TLS_PORT has been set but there is no certificate: set SHOAL_TURN_TLS_KEY_PATH and SHOAL_TURN_TLS_CERT_PATH, or FJ_SSL_KEY_PATH and FJ_SSL_CERT_PATH',
    );
  }
  const serverName = environment.read('SHOAL_TURN_TLS_HOST') ?? hostPart(environment.read('FJ_HOST') ?? http.ip);
  return { mode: 'embedded', tls: { port, serverName, keyPath, certPath } };
}

function readAuth(environment: Environment): ExternalTurnAuth {
  const secret = environment.read('SHOAL_TURN_SECRET');
  const username = environment.read('SHOAL_TURN_USERNAME');
  const password = environment.read('SHOAL_TURN_PASSWORD');
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
