import { registrarUri, type SipAccount } from './account.ts';
import { contactExpiresOf, contactsOf, expiresOf, minExpiresOf, retryAfterOf } from './message/header-values.ts';
import { outgoingRequest } from './message/outgoing-request.ts';
import type { SipResponse } from './message/sip-message.ts';
import { equalSipUris, escapeUser, parseSipUri } from './message/sip-uri.ts';
import { asSipError, SipError } from './sip-error.ts';
import type { ReceivedResponse, Transactions } from './transaction/transaction.ts';
import { type Hop, sameHop } from './transport/hop.ts';
import type { HopResolver } from './transport/sip-transport.ts';

/** What is asked for, in seconds. */
const requestedExpires = 300;
/** Most that a registrar can ask for with 423, in seconds. */
const maxMinExpires = 86_400;

export interface RegisterRequestsOptions {
  readonly account: SipAccount;
  /** URI of a proxy that every request goes to first. */
  readonly proxy?: string;
  /** URI of our Contact in requests to a hop. */
  readonly contact: (hop: Hop) => string;
  /** With the credentials of the account. */
  readonly transactions: Transactions;
  readonly resolver: HopResolver;
  /** Makes a word that nobody can guess, for tag and Call-ID. */
  readonly token: () => string;
}

/** The REGISTER requests of one registration: one Call-ID, and numbers that rise (RFC 3261 section 10.2). */
export class RegisterRequests {
  readonly #options: RegisterRequestsOptions;
  readonly #callId: string;
  readonly #tag: string;
  #sequence = 0;
  #expires = requestedExpires;
  #registrar: Hop | undefined;
  #keepsContact = true;

  constructor(options: RegisterRequestsOptions) {
    this.#options = options;
    this.#callId = options.token();
    this.#tag = options.token();
  }

  /** Who has had our binding. Undefined before the first success. */
  get registrar(): Hop | undefined {
    return this.#registrar;
  }

  /** Whether the registrar has our Contact with all its parameters, by its last response; true before the first one. */
  get keepsContact(): boolean {
    return this.#keepsContact;
  }

  /**
   * Registers, or refreshes.
   * @returns the time that was granted, in seconds
   * @throws SipError of transactions and resolver; unauthorized; {@link RefusedRegistration}
   */
  async register(signal: AbortSignal): Promise<number> {
    let received = await this.#send(this.#expires, signal);
    const min = minExpiresOf(received.response.headers) ?? 0;
    if (received.response.status === 423 && min > this.#expires && min <= maxMinExpires) {
      this.#expires = min;
      received = await this.#send(min, signal);
    }
    const { response, hop } = received;
    if (response.status >= 300) throw new RefusedRegistration(response);
    const granted = this.#granted(response, hop);
    if (granted === 0) throw new SipError('rejected', 'The registrar granted no time.', response.status);
    this.#registrar = hop;
    return granted;
  }

  /** Whatever the registrar says to it. @throws SipError when it says nothing */
  async unregister(signal: AbortSignal): Promise<void> {
    await this.#send(0, signal);
  }

  /** Time of our binding, in seconds: that of the Contact, or of all of them. */
  #granted({ headers }: SipResponse, hop: Hop): number {
    const own = parseSipUri(this.#options.contact(hop));
    const contact = contactsOf(headers)?.find(({ uri }) => {
      const parsed = parseSipUri(uri);
      return own && parsed && equalSipUris(own, parsed);
    });
    const kept = contact && parseSipUri(contact.uri);
    this.#keepsContact = own !== undefined && [...own.parameters.keys()].every((name) => kept?.parameters.has(name));
    return (contact && contactExpiresOf(contact.parameters)) ?? expiresOf(headers) ?? this.#expires;
  }

  async #send(expires: number, signal: AbortSignal): Promise<ReceivedResponse> {
    const { account, proxy, contact, transactions } = this.#options;
    const { scheme, host } = account.registrar;
    const hops = await this.#hops();
    const address = `<${scheme}:${escapeUser(account.username)}@${host}>`;
    const { transport: _, ...domain } = account.registrar;
    const request = outgoingRequest({
      method: 'REGISTER',
      uri: registrarUri(domain),
      from: `${address};tag=${this.#tag}`,
      to: address,
      callId: this.#callId,
      sequence: this.#nextSequence(),
      ...(proxy !== undefined && { routes: [`<${proxy};lr>`] }),
      headers: [['expires', String(expires)]],
    });
    return await transactions.ask(request, hops, {
      contact: (hop) => `<${contact(hop)}>`,
      nextSequence: () => this.#nextSequence(),
      signal,
    });
  }

  /** Who has our binding is the first: another may be the first in the order, but dead. When DNS fails, it is the only one. */
  async #hops(): Promise<Hop[]> {
    const { account, proxy, resolver } = this.#options;
    const registrar = this.#registrar;
    try {
      const found = await resolver.resolve(proxy ?? registrarUri(account.registrar));
      const isRegistrar = (hop: Hop) => registrar !== undefined && sameHop(hop, registrar);
      return [...found.filter(isRegistrar), ...found.filter((hop) => !isRegistrar(hop))];
    } catch (error) {
      if (!registrar || asSipError(error).code !== 'unresolved') throw error;
      return [registrar];
    }
  }

  #nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }
}

/** A final response that is a failure. */
export class RefusedRegistration extends SipError {
  /** For how long the registrar wants to be left alone, in seconds. */
  readonly retryAfter: number;

  constructor({ status, headers }: SipResponse) {
    // 403: that is how some registrars answer a wrong password, and it is not to be tried again (RFC 3261 section 21.4.4)
    super(status === 403 ? 'unauthorized' : 'rejected', `The registrar responded with ${status}.`, status);
    this.retryAfter = retryAfterOf(headers) ?? 0;
  }
}
