import { isIP, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { type PortPlan, planPorts } from './port-plan.ts';
import { anyText, boolean, integer, integerWithin, ip, type PortRange, port, portRange } from './text-form.ts';
import { variable } from './variable.ts';

/** Peers and media ports: docs/contracts/fishjam-config.md 2.2. */
export const webRtcVariables = {
  used: variable('FJ_WEBRTC_USED', { description: '`false`: no peers can be added.', form: boolean, default: 'true' }),
  announcedIp: variable('FJ_WEBRTC_TURN_IP', {
    description: 'Address announced to clients, for media and for the built-in TURN server.',
    form: ip,
    default: '127.0.0.1',
  }),
  listenIp: variable('FJ_WEBRTC_TURN_LISTEN_IP', {
    description: 'Address (or host name, resolved once) on which media and TURN listen. `0.0.0.0` in containers.',
    form: anyText,
    default: '127.0.0.1',
  }),
  portRange: variable('FJ_WEBRTC_TURN_PORT_RANGE', {
    description:
      'UDP ports: the first is the TURN listener, of the others two thirds are relay ports and one third media ports.',
    form: portRange,
    default: '50000-59999',
  }),
  tcpPort: variable('FJ_WEBRTC_TURN_TCP_PORT', {
    description: 'TCP port of the TURN server.',
    form: port,
    defaultText: 'unset: no TCP',
  }),
  turnAllocations: variable('SHOAL_TURN_ALLOCATIONS', {
    description:
      'Relay ports that one peer may hold on the embedded TURN server. A client takes one per transport (UDP, TCP, TLS) and network, twice that while it restarts ICE.',
    form: integer(1),
    default: '12',
  }),
};

/** Media workers: our own additions. */
export const workerVariables = {
  count: variable('SHOAL_WORKERS', {
    description: 'Media worker processes.',
    form: integerWithin(1, 256),
    defaultText: 'number of CPU cores',
  }),
  webRtcServer: variable('SHOAL_WEBRTC_SERVER', {
    description: '`true`: each worker takes one media port (UDP and TCP) of the range instead of one per peer.',
    form: boolean,
    default: 'false',
  }),
};

export interface WebRtcConfig {
  /** False: no peers can be added. The rest then holds defaults. */
  readonly used: boolean;
  /** Given to clients as our address. */
  readonly announcedIp: string;
  /** Bound by media workers and TURN; may be `0.0.0.0` or `::`. */
  readonly listenIp: string;
  /**
   * Our own address, when `announcedIp` belongs to a NAT in front of us: offered as a further candidate, so that the TURN
   * server on this host reaches the media without depending on the NAT sending our packets back to us.
   */
  readonly privateIp?: string;
  readonly portRange: PortRange;
  /** The range divided among TURN and media. */
  readonly ports: PortPlan;
  /** TCP port of the TURN server. */
  readonly tcpPort?: number;
  /** Maximum number of relay allocations of one peer. */
  readonly turnAllocations: number;
}

/** Resolves a host name to one address; rejects with an error that has a `code`. */
export type Lookup = (name: string) => Promise<string>;

const unused: WebRtcConfig = {
  used: false,
  announcedIp: '127.0.0.1',
  listenIp: '127.0.0.1',
  portRange: { min: 50_000, max: 59_999 },
  ports: { media: { min: 50_000, max: 59_999 } },
  turnAllocations: 12,
};

/**
 * With `FJ_WEBRTC_USED=false` the other variables are not even read.
 * @param minMediaPorts media ports that there must be at least
 * @throws ConfigError
 */
export async function readWebRtc(
  environment: Environment,
  machine: { readonly lookup: Lookup; readonly addresses: readonly string[] },
  embeddedTurn: boolean,
  minMediaPorts: number,
): Promise<WebRtcConfig> {
  if (!environment.read(webRtcVariables.used)) return unused;
  const webRtc = environment.readAll(webRtcVariables);
  const { announcedIp, portRange } = webRtc;
  const listenIp = await resolveName(webRtc.listenIp, machine.lookup);
  const privateIp = findPrivateIp(announcedIp, listenIp, machine.addresses);
  const rangeName = environment.nameOf(webRtcVariables.portRange);
  return {
    ...webRtc,
    listenIp,
    ...(privateIp !== undefined && { privateIp }),
    ports: planPorts(portRange, embeddedTurn, minMediaPorts, rangeName),
  };
}

export function readWorkers(environment: Environment, cores: number) {
  return { count: cores, ...environment.readAll(workerVariables) };
}

async function resolveName(name: string, lookup: Lookup): Promise<string> {
  if (isIP(name) !== 0) return name;
  try {
    return await lookup(name);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    throw new ConfigError(`Couldn't resolve ${name}, reason: ${reason}.`);
  }
}

/** Our own address behind a NAT: the one listened on or, when that is all of them, the first that is not loopback. */
function findPrivateIp(announced: string, listen: string, addresses: readonly string[]): string | undefined {
  if (rangeOf(listen) !== 'unspecified') return listen === announced ? undefined : listen;
  if (rangeOf(announced) === 'loopback' || addresses.includes(announced)) return undefined;
  return addresses.find((address) => isIPv6(address) === isIPv6(announced) && !isLocal(address));
}

function isLocal(ip: string): boolean {
  return ['loopback', 'linkLocal', 'unspecified'].includes(rangeOf(ip));
}

/** `loopback`, `private` and so on. */
function rangeOf(ip: string): string {
  return ipaddr.process(ip).range();
}
