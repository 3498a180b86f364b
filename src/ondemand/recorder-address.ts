import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import type { Clock } from '../clock/clock.ts';
import type { Config } from '../config/config.ts';
import { jibriPort } from '../config/jibri.ts';
import { hostPart } from '../config/origin-rule.ts';
import type { Logger } from '../log/logger.ts';
import { isLoopback, isUnspecified } from '../net/address-range.ts';

/** Where customers reach a recorder. */
export interface RecorderAddress {
  /** IP address without brackets. */
  readonly ip: string;
  readonly port: number;
}

export type AddressSettings = Pick<Config, 'onDemand' | 'jibri' | 'webrtc' | 'host'>;

interface AddressDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** @defaultValue the system's resolver */
  readonly resolve?: (name: string) => Promise<{ readonly address: string }>;
}

/** Milliseconds for finding the address of `FJ_HOST`. */
const lookupTimeout = 5000;

/** `10.0.0.5:2222`, `[::1]:2222` */
export function writeAddress({ ip, port }: RecorderAddress): string {
  return isIPv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/**
 * The addresses of the pool, those that are given away first in front: docs/contracts/jod.md 8. Those of other recorders of this server are
 * none of them.
 */
export async function poolAddresses(
  settings: AddressSettings,
  dependencies: AddressDependencies,
): Promise<RecorderAddress[]> {
  const { recorderAddresses = [], poolSize = 0 } = settings.onDemand ?? {};
  if (recorderAddresses.length > 0) return givenAddresses(settings, recorderAddresses, dependencies.logger);
  const ip = await publicIp(settings, dependencies);
  const ports = Array.from({ length: 65_536 - jibriPort }, (_, index) => jibriPort + index);
  const free = ports.map((port) => ({ ip, port })).filter((address) => !isOfJibri(address, settings));
  return free.slice(0, poolSize);
}

function givenAddresses(settings: AddressSettings, given: readonly RecorderAddress[], logger: Logger) {
  const different = [...new Map(given.map((address) => [writeAddress(address), address])).values()];
  const taken = different.filter((address) => isOfJibri(address, settings));
  for (const address of taken) {
    logger.warn({ address: writeAddress(address) }, 'A recorder of Jibri has this address: it cannot be ordered.');
  }
  const free = different.filter((address) => !taken.includes(address));
  const isFirst = ({ port }: RecorderAddress) => port === jibriPort;
  return [...free.filter(isFirst), ...free.filter((address) => !isFirst(address))];
}

/** Whether the recorders that Jibri's orchestrators have listen there. */
function isOfJibri({ ip, port }: RecorderAddress, { jibri }: AddressSettings): boolean {
  const { external, internal, slotListeners } = jibri;
  const others = [...slotListeners, ...(external ? [external] : []), ...(internal ? [internal] : [])];
  return others.some((other) => other.port === port && (other.ip === ip || isUnspecified(other.ip)));
}

/** The announced address of media; where only `FJ_HOST` is public, the address of that. */
async function publicIp({ webrtc, host }: AddressSettings, dependencies: AddressDependencies): Promise<string> {
  const { announcedIp } = webrtc;
  const name = hostPart(host);
  if (!isLoopback(announcedIp) || name === 'localhost' || isLoopback(name) || isUnspecified(name)) return announcedIp;
  return isIP(name) === 0 ? ((await addressOf(name, dependencies)) ?? announcedIp) : name;
}

async function addressOf(name: string, { clock, logger, resolve = lookup }: AddressDependencies) {
  const late = Promise.withResolvers<undefined>();
  const cancel = clock.schedule(lookupTimeout, () => late.resolve(undefined));
  const found = await Promise.race([resolve(name).catch(() => undefined), late.promise]);
  cancel();
  if (!found) logger.warn({ host: name }, 'FJ_HOST has no address: recorders can be ordered at a local one.');
  return found?.address;
}
