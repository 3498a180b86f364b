import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { AddressGuard } from '../../../net/address-guard.ts';
import { parseHost, parseSipUri, type SipUri } from '../message/sip-uri.ts';
import { SipError } from '../sip-error.ts';
import type { DnsRecords } from './dns-records.ts';
import type { Hop, SipProtocol } from './hop.ts';
import type { HopResolver } from './sip-transport.ts';
import { srvOrder } from './srv-order.ts';

export interface UriResolverOptions {
  readonly dns: DnsRecords;
  /** Decides which addresses are used. */
  readonly guard: AddressGuard;
  /** Of the random order of servers of the same priority. */
  readonly seed: string;
}

/** A server that is to be tried. */
interface Server {
  readonly protocol: SipProtocol;
  /** Name or IP literal. */
  readonly host: string;
  readonly port: number;
}

const maxHops = 20;
/** Of SRV and NAPTR records that are looked at. */
const maxRecords = 10;
const prefixes: Readonly<Record<SipProtocol, string>> = { udp: '_sip._udp.', tcp: '_sip._tcp.', tls: '_sips._tcp.' };
/** RFC 3263 section 4.1. */
const services: Readonly<Record<string, SipProtocol>> = { 'sip+d2u': 'udp', 'sip+d2t': 'tcp', 'sips+d2t': 'tls' };

/** Finds the hops of a URI by RFC 3263 section 4. */
export class UriResolver implements HopResolver {
  readonly #dns: DnsRecords;
  readonly #guard: AddressGuard;
  readonly #seed: string;

  constructor({ dns, guard, seed }: UriResolverOptions) {
    this.#dns = dns;
    this.#guard = guard;
    this.#seed = seed;
  }

  async resolve(text: string): Promise<Hop[]> {
    const uri = parseSipUri(text);
    const host = uri && targetOf(uri);
    if (!uri || host === undefined) throw new SipError('unresolved');
    const protocols = protocolsOf(uri);
    if (protocols.length === 0) throw new SipError('unresolved', 'The URI asks for a transport that is not supported');
    const servers = await this.#servers(host, uri.port, protocols, uri.parameters.has('transport'));
    const addresses = await this.#addresses(servers);
    const hops = addresses.filter(({ address }) => this.#guard.permits(address)).slice(0, maxHops);
    if (hops.length > 0) return hops.map((hop) => ({ ...hop, ...certified(hop, uri.host) }));
    throw new SipError(addresses.length > 0 ? 'refused_address' : 'unresolved');
  }

  async #servers(
    host: string,
    port: number | undefined,
    protocols: readonly SipProtocol[],
    chosen: boolean,
  ): Promise<Server[]> {
    const [protocol = 'udp'] = protocols;
    const itself: Server = { protocol, host, port: port ?? (protocol === 'tls' ? 5061 : 5060) };
    // a name without a dot is one of this network, not of a domain
    if (isIP(host) !== 0 || port !== undefined || !host.includes('.')) return [itself];
    const found = (chosen ? undefined : await this.#naptr(host, protocols)) ?? (await this.#srvOf(host, protocols));
    return found ?? [itself];
  }

  /** @returns undefined when there is no NAPTR record of ours */
  async #naptr(host: string, protocols: readonly SipProtocol[]): Promise<Server[] | undefined> {
    const records = (await this.#dns.naptr(host))
      .toSorted((one, other) => one.order - other.order || one.preference - other.preference)
      .flatMap(({ flags, service, replacement }) => {
        const protocol = services[service.toLowerCase()];
        const ours = protocol && protocols.includes(protocol) && flags.toLowerCase() === 's';
        return ours ? [{ protocol, replacement }] : [];
      });
    const servers = await Promise.all(
      records.slice(0, maxRecords).map(({ protocol, replacement }) => this.#srv(replacement, protocol)),
    );
    return servers.every((each) => each === undefined) ? undefined : servers.flatMap((each) => each ?? []);
  }

  /** @returns undefined when there is no SRV record; no server when all of them say that there is none */
  async #srvOf(host: string, protocols: readonly SipProtocol[]): Promise<Server[] | undefined> {
    const servers = await Promise.all(protocols.map((protocol) => this.#srv(`${prefixes[protocol]}${host}`, protocol)));
    return servers.every((each) => each === undefined) ? undefined : servers.flatMap((each) => each ?? []);
  }

  async #srv(name: string, protocol: SipProtocol): Promise<Server[] | undefined> {
    const records = await this.#dns.srv(name);
    if (records.length === 0) return undefined;
    return srvOrder(records, this.#seed)
      .slice(0, maxRecords)
      .filter((record) => record.name !== '' && record.name !== '.' && record.port > 0)
      .map((record) => ({ protocol, host: record.name, port: record.port }));
  }

  async #addresses(servers: readonly Server[]): Promise<Omit<Hop, 'serverName'>[]> {
    const lists = await Promise.all(
      servers.slice(0, maxHops).map(async ({ protocol, host, port }) => {
        const addresses = isIP(host) === 0 ? await this.#dns.addresses(host) : [host];
        return addresses.map((address) => ({ protocol, address: canonical(address), port }));
      }),
    );
    return lists.flat();
  }
}

/** As the system writes it: the sender of a message is compared with it. */
function canonical(address: string): string {
  return ipaddr.process(address).toString();
}

/** RFC 3263 section 4. */
function targetOf({ parameters, host }: SipUri): string | undefined {
  const other = parameters.get('maddr');
  return other === undefined ? host : parseHost(other)?.host;
}

/** The protocols that a URI allows, the one to be tried first at its front; SIPS is TLS alone (RFC 3261 section 26.2.2). */
function protocolsOf({ scheme, parameters }: SipUri): SipProtocol[] {
  const transport = parameters.get('transport')?.toLowerCase();
  if (scheme === 'sips') return transport === undefined || transport === 'tcp' || transport === 'tls' ? ['tls'] : [];
  if (!parameters.has('transport')) return ['udp', 'tcp', 'tls'];
  return transport === 'udp' || transport === 'tcp' || transport === 'tls' ? [transport] : [];
}

/** The certificate must be valid for the domain that was asked for, not for a name that DNS gave (RFC 5922 section 7.3). */
function certified({ protocol }: Pick<Hop, 'protocol'>, domain: string): Pick<Hop, 'serverName'> {
  return protocol === 'tls' && isIP(domain) === 0 ? { serverName: domain } : {};
}
