import { join, resolve } from 'node:path';
import type { Environment } from './environment.ts';
import {
  addressList,
  anyText,
  boolean,
  commaList,
  expressionList,
  integer,
  integerWithin,
  ip,
  oneOf,
  port,
  portOrOff,
  urlList,
} from './text-form.ts';
import { variable } from './variable.ts';

/** The port that clients of Jibri know. */
export const jibriPort = 2222;
const second = 1000;
const minute = 60 * second;

/** Recorders as Jibri orchestrators know them: docs/contracts/jibri.md 12. */
export const jibriVariables = {
  instanceId: variable('JIBRI_INSTANCE_ID', {
    description: 'Id of the first recorder; the others append `-1`, `-2` and so on.',
    form: anyText,
    defaultText: 'the host name',
  }),
  slots: variable('JIBRI_SLOTS', {
    description: 'Recorders of this server; each runs one session at a time.',
    form: integerWithin(1, 1000),
    default: '1',
  }),
  slotListeners: variable('JIBRI_SLOT_LISTENERS', {
    description: 'Addresses, `<ip>:<port>`, of the second recorder and those after it. Without token.',
    form: addressList,
    default: '',
  }),
  singleUse: variable('JIBRI_SINGLE_USE_MODE', {
    description: '`true`: a recorder is `EXPIRED` after its first session.',
    form: boolean,
    default: 'false',
  }),
  recordings: variable('JIBRI_RECORDING_DIR', {
    description: 'Folder of the directories of sessions.',
    form: anyText,
    defaultText: '`jibri_recordings` in `FJ_RESOURCES_BASE_PATH`',
  }),
  finalizeScript: variable('JIBRI_FINALIZE_RECORDING_SCRIPT_PATH', {
    description: 'Program that is run with the directory of each finished recording.',
    form: anyText,
  }),
  subscribers: variable('JIBRI_WEBHOOK_SUBSCRIBERS', {
    description: 'Base URLs, comma-separated, that receive the status of the recorders.',
    form: urlList,
    default: '',
  }),
  prometheus: variable('JIBRI_ENABLE_PROMETHEUS', {
    description: '`true`: `/metrics` of each recorder on its own port.',
    form: boolean,
    default: 'false',
  }),
  allowList: variable('JIBRI_RTMP_ALLOW_LIST', {
    description: 'Regular expressions, comma-separated, of which an RTMP target must match one as a whole.',
    form: expressionList,
    default: '.*',
  }),
  tokenRequired: variable('JIBRI_API_AUTH', {
    description: '`token`: the recorder API on `FJ_PORT` requires the API token; `none`: it is open.',
    form: (name) => oneOf(['token', 'none'])(name).transform((word) => word === 'token'),
    default: 'token',
  }),
  callHosts: variable('JIBRI_CALL_HOSTS', {
    description: 'Hosts, `host` or `host:port`, comma-separated, of the calls that are rooms of this server.',
    form: commaList,
    default: '',
    defaultText: 'empty: all',
  }),
  autoCreateRoom: variable('JIBRI_AUTO_CREATE_ROOM', {
    description: '`true`: a call without a room gets one; `false`: the recorder waits for it.',
    form: boolean,
    default: 'true',
  }),
  callLoginRequired: variable('JIBRI_REQUIRE_CALL_LOGIN', {
    description: '`false`: starts need no `callLoginParams`.',
    form: boolean,
    default: 'true',
  }),
  internalExit: variable('JIBRI_INTERNAL_EXIT', {
    description:
      '`true`: the internal API ends the process, once all recorders are idle, with the exit codes of Jibri.',
    form: boolean,
    default: 'false',
  }),
};

export const jibriListenerVariables = {
  externalPort: variable('JIBRI_HTTP_API_EXTERNAL_PORT', {
    description: 'Port of the recorder API without token, beside the one on `FJ_PORT`; `off`: none.',
    form: portOrOff,
    defaultText: '`2222`, if that is free',
  }),
  externalIp: variable('JIBRI_HTTP_API_EXTERNAL_HOST', {
    description: 'Its address. Everybody who reaches it can record every room.',
    form: ip,
    default: '127.0.0.1',
  }),
  internalPort: variable('JIBRI_HTTP_API_INTERNAL_PORT', {
    description: 'Port of the internal API (draining, shutting down), such as `3333`.',
    form: port,
  }),
  internalIp: variable('JIBRI_HTTP_API_INTERNAL_HOST', { description: 'Its address.', form: ip, default: '127.0.0.1' }),
};

/** Milliseconds. */
export const sessionLimitVariables = {
  usage: variable('JIBRI_USAGE_TIMEOUT', {
    description: 'Minutes after which a session ends; 0: never.',
    form: integer(0, minute),
    default: '0',
  }),
  noMedia: variable('JIBRI_NO_MEDIA_TIMEOUT', {
    description: 'Seconds without any media although somebody is unmuted, after which a session fails.',
    form: integer(1, second),
    default: '180',
  }),
  allMuted: variable('JIBRI_ALL_MUTED_TIMEOUT', {
    description: 'Seconds with everybody muted after which a session ends.',
    form: integer(1, second),
    default: '600',
  }),
  callEmpty: variable('JIBRI_CALL_EMPTY_TIMEOUT', {
    description: 'Seconds with nobody in the room after which a session ends.',
    form: integer(1, second),
    default: '30',
  }),
  transport: variable('JIBRI_ICE_TIMEOUT', {
    description: 'Seconds without a working capture after which a session fails.',
    form: integer(1, second),
    default: '30',
  }),
};

/** The bearer tokens of webhooks. */
export const webhookTokenVariables = {
  keyPath: variable('JIBRI_JWT_KEY_PATH', {
    description: 'RSA key (PEM) that signs the bearer tokens of these webhooks.',
    form: anyText,
  }),
  keyId: variable('JIBRI_JWT_KID', { description: 'Key id in the tokens.', form: anyText, default: '' }),
  issuer: variable('JIBRI_JWT_ISSUER', { description: 'Issuer in the tokens.', form: anyText, default: '' }),
  audience: variable('JIBRI_JWT_AUDIENCE', { description: 'Audience in the tokens.', form: anyText, default: '' }),
  /** Milliseconds. */
  lifetime: variable('JIBRI_JWT_TTL', {
    description: 'Lifetime of the tokens in seconds; 600 at least.',
    form: integer(1, second),
    default: '3600',
  }),
};

export type JibriConfig = ReturnType<typeof readJibri>;

/** @param resources absolute */
export function readJibri(environment: Environment, hostname: string, resources: string) {
  const { finalizeScript, ...jibri } = environment.readAll(jibriVariables);
  const { instanceId, slots, slotListeners, recordings } = jibri;
  const keyPath = environment.read(webhookTokenVariables.keyPath);
  return {
    ...jibri,
    ...readListeners(environment),
    // Receivers split ids at colons, and do not take an empty one.
    instanceId: (instanceId || hostname || 'shoal').replaceAll(':', '-'),
    slots: Math.max(slots, slotListeners.length + 1),
    /** Absolute. */
    recordings: recordings ? resolve(recordings) : join(resources, 'jibri_recordings'),
    ...(finalizeScript && { finalizeScript }),
    ...(keyPath && { token: { ...environment.readAll(webhookTokenVariables), keyPath } }),
    limits: environment.readAll(sessionLimitVariables),
  };
}

/** Listeners without token. `required`: the start fails when it cannot be bound. */
function readListeners(environment: Environment) {
  const required = environment.text(jibriListenerVariables.externalPort) !== undefined;
  const values = environment.readAll(jibriListenerVariables);
  const port = required ? values.externalPort : jibriPort;
  return {
    ...(port !== undefined && { external: { ip: values.externalIp, port, required } }),
    ...(values.internalPort !== undefined && { internal: { ip: values.internalIp, port: values.internalPort } }),
  };
}
