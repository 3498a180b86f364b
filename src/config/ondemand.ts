import { resolve } from 'node:path';
import type { Environment } from './environment.ts';
import { type JibriConfig, jibriPort } from './jibri.ts';
import { addressListWith, anyText, boolean, countsOf, integer, integerWithin, oneOf } from './text-form.ts';
import { variable } from './variable.ts';

/** Codes of places: docs/contracts/jod.md 4. */
export const locationCodes = ['nyc', 'lon', 'ams', 'fra', 'tor', 'sgp', 'blr', 'sfo'] as const;

export type LocationCode = (typeof locationCodes)[number];

/** Recorders on demand: docs/contracts/jod.md 1 to 8. */
export const onDemandVariables = {
  accounts: variable('JOD_ACCOUNTS_FILE', {
    description:
      'File (JSON) of the accounts that may order recorders with `POST /deploy-recorder`; unset: nobody may.',
    form: anyText,
  }),
  maintenance: variable('JOD_MAINTENANCE', {
    description: '`true`: orders are refused with 503.',
    form: boolean,
    default: 'false',
  }),
  maxRecorders: variable('JOD_MAX_RECORDERS', {
    description: 'Maximum number of recorders of an order.',
    form: integerWithin(1, 1000),
    default: '100',
  }),
  maxDuration: variable('JOD_MAX_DURATION_HOURS', {
    description: 'Maximum number of hours of an order.',
    form: integerWithin(1, 100_000),
    default: '720',
  }),
  /** Milliseconds. */
  hour: variable('JOD_HOUR_SECONDS', {
    description: 'Length of an hour of an order in seconds, for trying things out.',
    form: integer(1, 1000),
    default: '3600',
  }),
  /** Undefined: the whole pool. */
  locations: variable('JOD_LOCATIONS', {
    description:
      'Locations with their number of recorders, such as `fra:4,ams:2`; one without a number has the whole pool.',
    form: countsOf(locationCodes),
    default: '',
    defaultText: 'all, each with the whole pool',
  }),
  recorderAddresses: variable('JOD_RECORDER_ADDRESSES', {
    description:
      'Addresses of recorders, `<ip>` (port 2222) or `<ip>:<port>`, comma-separated; with IPv6 `[<ip>]:<port>`.',
    form: addressListWith(jibriPort),
    default: '',
    defaultText: 'the public address with the ports from 2222 on',
  }),
  poolSize: variable('JOD_POOL_SIZE', {
    description: 'Number of recorders, when `JOD_RECORDER_ADDRESSES` is unset.',
    form: integerWithin(1, 1000),
    default: '4',
  }),
  tokenRequired: variable('JOD_RECORDER_AUTH', {
    description: '`token`: recorders require a token, which the callback tells; `none`: they are open.',
    form: (name) => oneOf(['token', 'none'])(name).transform((word) => word === 'token'),
    default: 'none',
  }),
  blockPrivate: variable('JOD_BLOCK_PRIVATE_CALLBACKS', {
    description: '`true`: callbacks to loopback and private addresses are refused, too.',
    form: boolean,
    default: 'false',
  }),
  ordersPerMinute: variable('JOD_ORDERS_PER_MINUTE', {
    description: 'Maximum number of orders of an account in a minute; 0: no limit.',
    form: integer(0),
    default: '0',
  }),
  /** Milliseconds. */
  grace: variable('JOD_EXPIRY_GRACE', {
    description: 'Seconds that a session may go on when the hours of its recorder are over.',
    form: integer(0, 1000),
    default: '600',
  }),
};

export type OnDemandConfig = NonNullable<ReturnType<typeof readOnDemand>>;

/** @returns undefined when nobody may order recorders */
export function readOnDemand(environment: Environment) {
  const { accounts, locations, ...values } = environment.readAll(onDemandVariables);
  if (accounts === undefined) return undefined;
  const everywhere = locationCodes.map((code): [LocationCode, undefined] => [code, undefined]);
  return { ...values, locations: locations.size > 0 ? locations : new Map(everywhere), accounts: resolve(accounts) };
}

/** The recorders of Jibri without their port of the standard, where the operator wants just that port for recorders on demand. */
export function withoutPortOnDemand(jibri: JibriConfig, onDemand: OnDemandConfig | undefined): JibriConfig {
  const { external, ...others } = jibri;
  const wanted = onDemand?.recorderAddresses.some(({ ip, port }) => ip === external?.ip && port === external.port);
  return wanted && !external?.required ? others : jibri;
}
