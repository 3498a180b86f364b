import { join, resolve } from 'node:path';
import type { Config, JibriConfig } from './config.ts';
import type { Environment } from './environment.ts';

const standardPort = 2222;
const minute = 60_000;

/** Recorders: docs/contracts/jibri.md 12. @param resources absolute */
export function readJibri(environment: Environment, hostname: string, resources: string): Pick<Config, 'jibri'> {
  const ms = (name: 'NO_MEDIA' | 'ALL_MUTED' | 'CALL_EMPTY' | 'ICE') =>
    environment.require(`JIBRI_${name}_TIMEOUT`) * 1000;
  const finalizeScript = environment.read('JIBRI_FINALIZE_RECORDING_SCRIPT_PATH');
  const recordings = environment.read('JIBRI_RECORDING_DIR');
  const slotListeners = environment.require('JIBRI_SLOT_LISTENERS');
  const jibri: JibriConfig = {
    ...readListeners(environment),
    // Receivers split ids at colons, and want some.
    instanceId: (environment.read('JIBRI_INSTANCE_ID') || hostname || 'shoal').replaceAll(':', '-'),
    slots: Math.max(environment.require('JIBRI_SLOTS'), slotListeners.length + 1),
    slotListeners,
    singleUse: environment.require('JIBRI_SINGLE_USE_MODE'),
    recordings: recordings ? resolve(recordings) : join(resources, 'jibri_recordings'),
    ...(finalizeScript && { finalizeScript }),
    subscribers: environment.require('JIBRI_WEBHOOK_SUBSCRIBERS'),
    ...readToken(environment),
    prometheus: environment.require('JIBRI_ENABLE_PROMETHEUS'),
    allowList: environment.require('JIBRI_RTMP_ALLOW_LIST'),
    limits: {
      callEmpty: ms('CALL_EMPTY'),
      noMedia: ms('NO_MEDIA'),
      allMuted: ms('ALL_MUTED'),
      transport: ms('ICE'),
      usage: environment.require('JIBRI_USAGE_TIMEOUT') * minute,
    },
    tokenRequired: environment.require('JIBRI_API_AUTH') === 'token',
    callHosts: environment.require('JIBRI_CALL_HOSTS'),
    autoCreateRoom: environment.require('JIBRI_AUTO_CREATE_ROOM'),
    callLoginRequired: environment.require('JIBRI_REQUIRE_CALL_LOGIN'),
    internalExit: environment.require('JIBRI_INTERNAL_EXIT'),
  };
  return { jibri };
}

function readListeners(environment: Environment): Pick<JibriConfig, 'external' | 'internal'> {
  const isSet = environment.text('JIBRI_HTTP_API_EXTERNAL_PORT') !== undefined;
  const port = isSet ? environment.read('JIBRI_HTTP_API_EXTERNAL_PORT') : standardPort;
  const ip = environment.require('JIBRI_HTTP_API_EXTERNAL_HOST');
  const internalPort = environment.read('JIBRI_HTTP_API_INTERNAL_PORT');
  const internalIp = environment.require('JIBRI_HTTP_API_INTERNAL_HOST');
  return {
    ...(port !== undefined && { external: { ip, port, required: isSet } }),
    ...(internalPort !== undefined && { internal: { ip: internalIp, port: internalPort } }),
  };
}

function readToken(environment: Environment): Pick<JibriConfig, 'token'> {
  const keyPath = environment.read('JIBRI_JWT_KEY_PATH');
  if (!keyPath) return {};
  const token = {
    keyPath,
    keyId: environment.require('JIBRI_JWT_KID'),
    issuer: environment.require('JIBRI_JWT_ISSUER'),
    audience: environment.require('JIBRI_JWT_AUDIENCE'),
    lifetime: environment.require('JIBRI_JWT_TTL') * 1000,
  };
  return { token };
}
