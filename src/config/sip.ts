import { isIPv6 } from 'node:net';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { boolean, integerWithin, ip, networkList, oneOfEach, port, portRange } from './text-form.ts';
import { variable } from './variable.ts';

/** Signalling and audio of telephones: our own additions to `FJ_SIP_IP`. */
export const telephonyVariables = {
  listenIp: variable('SHOAL_SIP_LISTEN_IP', {
    description: 'Address on which SIP and the RTP of telephones listen.',
    form: ip,
    defaultText: '`FJ_SIP_IP` when it is an address of this host, else all addresses',
  }),
  port: variable('SHOAL_SIP_PORT', {
    description: 'Port of SIP, UDP and TCP. It is opened at the start when SIP components are allowed.',
    form: port,
    default: '5060',
  }),
  rtpPorts: variable('SHOAL_SIP_RTP_PORT_RANGE', {
    description: 'UDP ports for the audio of telephones: two for each call.',
    form: portRange,
    default: '21000-21100',
  }),
  allow: variable('SHOAL_SIP_ALLOW', {
    description:
      'Networks that SIP requests may go to even if denied below. Link-local and cloud metadata addresses stay refused.',
    form: networkList,
    default: '',
  }),
  deny: variable('SHOAL_SIP_DENY', {
    description:
      'Networks that SIP requests and the audio of calls must not go to, such as `127.0.0.0/8 ::1`. Private ones are allowed otherwise: telephone systems are there.',
    form: networkList,
    default: '',
  }),
  verifyTls: variable('SHOAL_SIP_VERIFY_TLS', {
    description: '`false`: the certificate of a SIP server with TLS is not verified.',
    form: boolean,
    default: 'true',
  }),
  codecs: variable('SHOAL_SIP_CODECS', {
    description: 'Codecs that calls offer and accept, best first: of `pcma pcmu opus`.',
    form: oneOfEach(['pcma', 'pcmu', 'opus']),
    default: 'pcma pcmu opus',
  }),
  ringTimeoutMs: variable('SHOAL_SIP_RING_TIMEOUT', {
    description: 'Time in seconds after which a call that nobody answers is given up.',
    form: integerWithin(1, 3600, 1000),
    default: '60',
  }),
};

/** @param sipIp `FJ_SIP_IP` @param addresses of this host @throws ConfigError */
export function readTelephony(environment: Environment, sipIp: string | undefined, addresses: readonly string[]) {
  const everything = sipIp !== undefined && isIPv6(sipIp) ? '::' : '0.0.0.0';
  const listenIp = sipIp !== undefined && addresses.includes(sipIp) ? sipIp : everything;
  const telephony = { listenIp, ...environment.readAll(telephonyVariables) };
  const { min, max } = telephony.rtpPorts;
  // An even port and the next one.
  if (min + (min % 2) + 1 <= max) return telephony;
  const { name } = telephonyVariables.rtpPorts;
  throw new ConfigError(
    `${name} is too small: ${min}-${max} has to hold two ports for each call, the first of them even.`,
  );
}
