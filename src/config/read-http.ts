import { isIPv6 } from 'node:net';
import { type HttpConfig, type LogConfig, type LogLevel, logLevels, type TlsFiles } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { parseOriginRule } from './origin-rule.ts';

/** The HTTP and websocket listener: docs/contracts/fishjam-config.md 2.1. */
export function readHttp(environment: Environment): HttpConfig {
  const tls = readTls(environment);
  return {
    ip: environment.require('FJ_IP'),
    port: environment.require('FJ_PORT'),
    ...(tls && { tls }),
    checkOrigin: parseOriginRule(environment.require('FJ_CHECK_ORIGIN'), environment.nameOf('FJ_CHECK_ORIGIN')),
  };
}

/** `FJ_HOST` when it is unset. */
export function defaultHost(http: HttpConfig): string {
  return isIPv6(http.ip) ? `[${http.ip}]:${http.port}` : `${http.ip}:${http.port}`;
}

/** Level and form of the log. An unknown level is no failure: it is reported and `info` used. */
export function readLog(environment: Environment): LogConfig {
  const wanted = environment.require('FJ_LOG_LEVEL');
  const level = logLevels.find((known): known is LogLevel => known === wanted);
  if (!level) {
    const name = environment.nameOf('FJ_LOG_LEVEL');
    environment.warnings.push(
      `Bad ${name} environment variable value. Expected ${logLevels.join(', ')}, got: ${wanted}. Using info.`,
    );
  }
  return { level: level ?? 'info', structured: environment.require('FJ_STRUCTURED_LOGGING') };
}

function readTls(environment: Environment): TlsFiles | undefined {
  const keyPath = environment.read('FJ_SSL_KEY_PATH');
  const certPath = environment.read('FJ_SSL_CERT_PATH');
  if (keyPath !== undefined && certPath !== undefined) return { keyPath, certPath };
  if (keyPath === undefined && certPath === undefined) return undefined;
  const key = environment.nameOf('FJ_SSL_KEY_PATH');
  const cert = environment.nameOf('FJ_SSL_CERT_PATH');
  const [set, unset] = keyPath === undefined ? [cert, key] : [key, cert];
  throw new ConfigError(`${set} has been set but ${unset} remains unset`);
}
