import type { RegistrarAddress } from './account.ts';
import { formatSipUri, parseHost, parseSipUri, type SipUri } from './message/sip-uri.ts';
import type { Hop } from './transport/hop.ts';
import { RecentAddresses } from './transport/recent-addresses.ts';
import type { HopResolver } from './transport/sip-transport.ts';

/** More than any provider has; names are resolved again all the time. */
const maxAddresses = 256;

/** The hops of an account: those of its registrar, and of its proxy if there is one, are known from those of others. */
export class AccountHops implements HopResolver {
  readonly #resolver: HopResolver;
  readonly #registrar: RegistrarAddress | undefined;
  readonly #proxy: SipUri | undefined;
  readonly #addresses = new RecentAddresses(maxAddresses);

  /** @param proxy SIP or SIPS URI */
  constructor(resolver: HopResolver, registrar: RegistrarAddress | undefined, proxy: string | undefined) {
    this.#resolver = resolver;
    this.#registrar = registrar;
    this.#proxy = proxy === undefined ? undefined : parseSipUri(proxy);
  }

  /** As it says in {@link HopResolver}; the transport of the account is that of all URIs of its domain that name none. */
  async resolve(uri: string): Promise<Hop[]> {
    const parsed = parseSipUri(uri);
    const atRegistrar = parsed !== undefined && this.#isRegistrar(parsed);
    const transport = this.#registrar?.transport;
    const added = atRegistrar && transport !== undefined && !parsed.parameters.has('transport');
    const parameters = added && new Map([...parsed.parameters, ['transport', transport]]);
    const hops = await this.#resolver.resolve(parameters ? formatSipUri({ ...parsed, parameters }) : uri);
    if (parsed && (atRegistrar || isSameServer(parsed, this.#proxy))) {
      for (const { address } of hops) this.#addresses.add(address);
    }
    return hops;
  }

  /** Whether it belongs to the registrar or the proxy. */
  trusts({ address }: Hop): boolean {
    return this.#addresses.has(address);
  }

  #isRegistrar({ host, port, parameters }: SipUri): boolean {
    const registrar = this.#registrar;
    // a Contact can name any address as that of any domain
    if (!registrar || parameters.has('maddr')) return false;
    return parseHost(registrar.host)?.host === host && registrar.port === port;
  }
}

function isSameServer(one: SipUri, other: SipUri | undefined): boolean {
  return one.host === other?.host && one.parameters.get('maddr') === other.parameters.get('maddr');
}
