import { type NaptrRecord, promises, type SrvRecord } from 'node:dns';

/** What is asked of DNS. A name without such records has an empty list, and so has one whose server fails. */
export interface DnsRecords {
  naptr(name: string): Promise<readonly NaptrRecord[]>;
  srv(name: string): Promise<readonly SrvRecord[]>;
  /** IPv4 and IPv6 addresses, in the order of the system. */
  addresses(host: string): Promise<readonly string[]>;
}

/** Of each question, in ms: a registration fails after 32 s, and up to three questions come one after the other. */
const timeout = 2000;

/**
 * Asks the system: its DNS servers, and for addresses its files, too.
 * @param servers IP literals with ports, asked for NAPTR and SRV in place of those of the system
 */
export function systemDns(servers?: readonly string[]): DnsRecords {
  const resolver = new promises.Resolver({ timeout, tries: 2 });
  if (servers) resolver.setServers(servers);
  return {
    naptr: (name) => orNone(resolver.resolveNaptr(name)),
    srv: (name) => orNone(resolver.resolveSrv(name)),
    addresses: async (host) => (await orNone(promises.lookup(host, { all: true }))).map(({ address }) => address),
  };
}

/** Some routers do not know these kinds of records and fail: that must not keep us from the address of the name. */
async function orNone<T>(records: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await records;
  } catch {
    return [];
  }
}
