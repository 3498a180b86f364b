import { isIP, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { WebRtcConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { planPorts } from './port-plan.ts';

/** Resolves a host name to one address; rejects with an error that has a `code`. */
export type Lookup = (name: string) => Promise<string>;

const unused: WebRtcConfig = {
  used: false,
  announcedIp: '127.0.0.1',
  listenIp: '127.0.0.1',
  portRange: { min: 50_000, max: 59_999 },
  ports: { media: { min: 50_000, max: 59_999 } },
};

/**
 * Addresses and ports of peers: docs/contracts/fishjam-config.md 2.2. With `FJ_WEBRTC_USED=false` the rest is not even read.
 * @param mediaPorts media ports that there must be at least
 */
export async function readWebRtc(
  environment: Environment,
  machine: { readonly lookup: Lookup; readonly addresses: readonly string[] },
  embeddedTurn: boolean,
  mediaPorts: number,
): Promise<WebRtcConfig> {
  if (!environment.require('FJ_WEBRTC_USED')) return unused;
  const announcedIp = environment.require('FJ_WEBRTC_TURN_IP');
  const portRange = environment.require('FJ_WEBRTC_TURN_PORT_RANGE');
  const tcpPort = environment.read('FJ_WEBRTC_TURN_TCP_PORT');
  const listenIp = await resolveName(environment.require('FJ_WEBRTC_TURN_LISTEN_IP'), machine.lookup);
  const privateIp = findPrivateIp(announcedIp, listenIp, machine.addresses);
  return {
    used: true,
    announcedIp,
    listenIp,
    ...(privateIp !== undefined && { privateIp }),
    portRange,
    ports: planPorts(portRange, embeddedTurn, mediaPorts, environment.nameOf('FJ_WEBRTC_TURN_PORT_RANGE')),
    ...(tcpPort !== undefined && { tcpPort }),
  };
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
  if (!isUnspecified(listen)) return listen === announced ? undefined : listen;
  if (isLoopback(announced) || addresses.includes(announced)) return undefined;
  return addresses.find((address) => isIPv6(address) === isIPv6(announced) && !isLocal(address));
}

function isLoopback(ip: string): boolean {
  return ipaddr.process(ip).range() === 'loopback';
}

function isUnspecified(ip: string): boolean {
  return ipaddr.process(ip).range() === 'unspecified';
}

function isLocal(ip: string): boolean {
  return ['loopback', 'linkLocal', 'unspecified'].includes(ipaddr.process(ip).range());
}
