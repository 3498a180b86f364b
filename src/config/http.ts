import { isIPv6 } from 'node:net';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { parseOriginRule } from './origin-rule.ts';
import { anyText, ip, port } from './text-form.ts';
import { variable } from './variable.ts';

/** The HTTP and websocket listener: docs/contracts/fishjam-config.md 2.1. */
export const httpVariables = {
  host: variable('FJ_HOST', {
    description:
      'Public address, returned to backends as it is: `ip:port`, `domain:port` or `domain`, each with an optional path, no scheme.',
    form: anyText,
    defaultText: '`<FJ_IP>:<FJ_PORT>`',
  }),
  ip: variable('FJ_IP', {
    description: 'Address on which HTTP and websockets listen.',
    form: ip,
    default: '127.0.0.1',
  }),
  port: variable('FJ_PORT', {
    description: 'Port on which HTTP and websockets listen.',
    form: port,
    default: { production: '8080', development: '5002' },
  }),
  keyPath: variable('FJ_SSL_KEY_PATH', {
    description: 'Private key (PEM). With `FJ_SSL_CERT_PATH`, HTTPS and WSS replace HTTP and WS.',
    form: anyText,
  }),
  certPath: variable('FJ_SSL_CERT_PATH', { description: 'Certificate (PEM, with its chain).', form: anyText }),
  checkOrigin: variable('FJ_CHECK_ORIGIN', {
    description:
      'Websockets only. `true`: the host of `Origin` must be that of `FJ_HOST`; `false`: no check; `:conn`: scheme, host and port of the request; or a list such as `https://example.com //another.com:888 //*.other.com`.',
    form: (name) => anyText().transform((text) => parseOriginRule(text, name)),
    default: { production: 'true', development: 'false' },
  }),
};

/** A private key and its certificate, as files in PEM form. */
export interface TlsFiles {
  readonly keyPath: string;
  readonly certPath: string;
}

export type HttpConfig = ReturnType<typeof readHttp>;

/** @throws ConfigError */
export function readHttp(environment: Environment) {
  const { keyPath, certPath, host, ...listener } = environment.readAll(httpVariables);
  const tls = tlsFiles(environment, keyPath, certPath);
  return { ...listener, ...(tls && { tls }) };
}

/** `FJ_HOST` as it was given, or `ip:port`. */
export function readHost(environment: Environment, { ip, port }: HttpConfig): string {
  return environment.read(httpVariables.host) ?? (isIPv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`);
}

function tlsFiles(
  environment: Environment,
  keyPath: string | undefined,
  certPath: string | undefined,
): TlsFiles | undefined {
  if (keyPath !== undefined && certPath !== undefined) return { keyPath, certPath };
  if (keyPath === undefined && certPath === undefined) return undefined;
  const key = environment.nameOf(httpVariables.keyPath);
  const cert = environment.nameOf(httpVariables.certPath);
  const [set, unset] = keyPath === undefined ? [cert, key] : [key, cert];
  throw new ConfigError(`${set} has been set but ${unset} remains unset`);
}

/** Base URL of this server as others reach it, without a slash at the end. */
export function publicUrl({ http, host }: { readonly http: HttpConfig; readonly host: string }): string {
  return `${http.tls ? 'https' : 'http'}://${host}`;
}
