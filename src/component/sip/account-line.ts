import type { Clock } from '../../clock/clock.ts';
import type { SipAccount } from './account.ts';
import { AccountHops } from './account-hops.ts';
import type { CallLine, DialogKey } from './call/call-line.ts';
import { formatNameAddress } from './message/name-address.ts';
import { escapeUser, parseSipUri, plainUser } from './message/sip-uri.ts';
import { Registration } from './registration.ts';
import { AuthenticatedTransactions } from './transaction/authenticated-transactions.ts';
import type { ServerTransaction, Transactions } from './transaction/transaction.ts';
import type { Hop } from './transport/hop.ts';
import type { HopResolver, SipTransport } from './transport/sip-transport.ts';
import type { UserAgent } from './user-agent.ts';

/** What all lines of the server share. */
export interface LineSurroundings {
  readonly userAgent: UserAgent;
  readonly transport: SipTransport;
  readonly resolver: HopResolver;
  readonly clock: Clock;
  /** Whether media may be sent to this IP address. */
  readonly permits: (address: string) => boolean;
}

export interface LineOptions {
  /** Undefined: calls are made as `sip:shoal@<our address>`, without credentials. */
  readonly account?: SipAccount;
  /** Of From. Control characters are removed. */
  readonly displayName?: string;
  /** SIP or SIPS URI of a proxy that requests go through (RFC 3261 section 8.1.2). */
  readonly proxy?: string;
  /** Contact in place of our own: a SIP or SIPS URI. */
  readonly contact?: string;
}

/** The user of our address where there is no account. */
const defaultUser = 'shoal';

/** An account as the user agent has it: what is registered, called and taken is so under its name and with its credentials. */
export class AccountLine implements CallLine {
  readonly transactions: Transactions;
  readonly anonymous: Transactions;
  readonly resolver: AccountHops;
  readonly #surroundings: LineSurroundings;
  readonly #options: LineOptions;
  /** Tells two components with one account apart. */
  readonly #word: string;
  #registration: Registration | undefined;

  constructor(surroundings: LineSurroundings, options: LineOptions = {}) {
    const { userAgent, resolver } = surroundings;
    this.#surroundings = surroundings;
    this.#options = options;
    this.#word = userAgent.token();
    this.resolver = new AccountHops(resolver, options.account?.registrar, options.proxy);
    this.anonymous = userAgent.transactions;
    this.transactions = this.#authenticated();
  }

  get from(): string {
    const { account, displayName = '' } = this.#options;
    const host = account?.registrar.host ?? this.#surroundings.transport.sentBy('udp');
    const uri = `${account?.registrar.scheme ?? 'sip'}:${this.#user}@${host}`;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end a header
    const name = displayName.replace(/[\u0000-\u001f\u007f]/g, '').trim();
    return formatNameAddress({ ...(name !== '' && { displayName: name }), uri, parameters: new Map() });
  }

  get domain(): string | undefined {
    const registrar = this.#options.account?.registrar;
    return registrar && `${registrar.host}${registrar.port === undefined ? '' : `:${registrar.port}`}`;
  }

  get secure(): boolean {
    return this.#options.account?.registrar.scheme === 'sips';
  }

  get proxy(): string | undefined {
    return this.#options.proxy;
  }

  contact(hop: Hop): string {
    const own = this.#surroundings.userAgent.contact(this.#user, hop, this.#word);
    // TLS on every hop, the one to us included (RFC 3261 section 10.2.1); `transport=tls` means only one
    return this.#options.contact ?? (this.secure ? own.replace('sip:', 'sips:').replace(';transport=tls', '') : own);
  }

  permits(address: string): boolean {
    return this.#surroundings.permits(address);
  }

  addDialog(key: DialogKey, receive: (transaction: ServerTransaction) => void): () => void {
    return this.#surroundings.userAgent.addDialog(key, receive);
  }

  /**
   * Takes calls: with an account those that its registrar or proxy sends, to our Contact; otherwise from anybody whose address is permitted.
   * @param user of the Request-URI, without escapes, where there is no account; undefined: any
   * @returns a function that ends this. Idempotent
   */
  acceptCalls(receive: (transaction: ServerTransaction) => void, user?: string): () => void {
    const { account, contact } = this.#options;
    const parsed = contact === undefined ? undefined : parseSipUri(contact);
    const named = parsed ? plainUser(parsed) : (account?.username ?? user);
    return this.#surroundings.userAgent.addAcceptor({
      ...(named !== undefined && { user: named }),
      ...(account && !parsed && { line: this.#word }),
      accepts: (from, named) => {
        if (!account) return this.permits(from.address);
        // an address is easily forged over UDP: who keeps our Contact as it is must know its word
        return this.resolver.trusts(from) && (named || !this.#registration?.keepsContact);
      },
      receive,
    });
  }

  /** Registers the account from now on, with credentials of its own: those of calls are not for the same servers. */
  register(account: SipAccount): Registration {
    const { transport, clock, userAgent } = this.#surroundings;
    this.#registration = new Registration({
      account,
      ...(this.#options.proxy !== undefined && { proxy: this.#options.proxy }),
      contact: (hop) => this.contact(hop),
      transactions: this.#authenticated(),
      resolver: this.resolver,
      transport,
      clock,
      token: userAgent.token,
    });
    return this.#registration;
  }

  get #user(): string {
    return escapeUser(this.#options.account?.username ?? defaultUser);
  }

  #authenticated(): Transactions {
    const { account } = this.#options;
    const trusts = (hop: Hop) => this.resolver.trusts(hop);
    return account ? new AuthenticatedTransactions(this.anonymous, { credentials: account, trusts }) : this.anonymous;
  }
}
