import type { Clock } from '../../clock/clock.ts';
import type { DialogKey } from './call/call-line.ts';
import { fromTagOf, toTagOf, wordsOf } from './message/header-values.ts';
import { allowedMethods } from './message/outgoing-request.ts';
import { outgoingResponse } from './message/outgoing-response.ts';
import type { SipMessage, SipRequest } from './message/sip-message.ts';
import { parseSipUri, plainUser, type SipUri } from './message/sip-uri.ts';
import { ServerTransactions } from './transaction/server-transactions.ts';
import { randomToken, SipTransactions } from './transaction/sip-transactions.ts';
import type { ServerTransaction, Transactions } from './transaction/transaction.ts';
import type { Hop } from './transport/hop.ts';
import { RecentAddresses } from './transport/recent-addresses.ts';
import type { SipTransport } from './transport/sip-transport.ts';

export interface UserAgentOptions {
  readonly transport: SipTransport;
  readonly clock: Clock;
  /** Makes a word that nobody can guess, for branches and tags. */
  readonly token?: () => string;
  /**
   * Whether one more request without a dialog and without an account may be answered. Default: always.
   * @param known whether its sender has responded to requests of ours: a registrar asks whether its telephones are there
   */
  readonly answersStranger?: (known: boolean) => boolean;
}

/** Who takes calls from outside. */
export interface CallAcceptor {
  /** User part of our Contact, without escapes. Undefined: any that is nobody else's. */
  readonly user?: string;
  /** Value of the parameter `line` of our Contact. Undefined: there is none. */
  readonly line?: string;
  /** Whether calls may come from this hop. @param named whether the Request-URI has the value of `line` */
  accepts(from: Hop, named: boolean): boolean;
  /** A new INVITE, outside of all dialogs. */
  receive(transaction: ServerTransaction): void;
}

/** Addresses of registrars and of phones that are remembered: more than there are components. */
const maxKnown = 1000;
/** Extensions that a request may require of us: none. */
const notRequirable = (request: SipRequest) => wordsOf(request.headers, 'require');
/** Known methods that we do not take; all others are unknown. */
const refusedMethods = ['REGISTER', 'SUBSCRIBE', 'MESSAGE', 'PUBLISH', 'REFER', 'PRACK'];
/** Methods that make sense in a dialog only. */
const dialogMethods = ['CANCEL', 'BYE', 'UPDATE', 'INFO', 'NOTIFY'];

/**
 * Our end of SIP: sends requests, and passes those that arrive on to whom they are for. Whatever is for nobody is answered without a
 * state, and within a limit.
 */
export class UserAgent {
  /** Without credentials. */
  readonly transactions: Transactions;
  readonly token: () => string;
  readonly #options: UserAgentOptions;
  readonly #client: SipTransactions;
  readonly #server: ServerTransactions;
  /** By {@link nameOf}; several with one Call-ID and tag if a call was forked, the last one is asked. */
  readonly #dialogs = new Map<string, (transaction: ServerTransaction) => void>();
  /** The newest first. */
  #acceptors: readonly CallAcceptor[] = [];
  /** Who has responded to us: addresses. */
  readonly #known = new RecentAddresses(maxKnown);
  /** Of all responses without a state: repetitions of a request must get the same (RFC 3261 section 8.2.7). */
  readonly #strangerTag: string;
  readonly #onMessage = (message: SipMessage, from: Hop) => this.#receive(message, from);
  readonly #onDisconnected = (hop: Hop) => this.#client.disconnected(hop);

  constructor(options: UserAgentOptions) {
    const { transport, clock, token = randomToken } = options;
    this.#options = options;
    this.token = token;
    this.#client = new SipTransactions({ transport, clock, token });
    this.#server = new ServerTransactions({ transport, clock, token });
    this.transactions = this.#client;
    this.#strangerTag = token();
    transport.observer.on('message', this.#onMessage).on('disconnected', this.#onDisconnected);
  }

  /** Requests of this dialog come here from now on. @returns a function that ends this. Idempotent. */
  addDialog(key: DialogKey, receive: (transaction: ServerTransaction) => void): () => void {
    const name = nameOf(key);
    this.#dialogs.set(name, receive);
    return () => {
      if (this.#dialogs.get(name) === receive) this.#dialogs.delete(name);
    };
  }

  /** Calls from outside come here from now on. @returns a function that ends this. Idempotent. */
  addAcceptor(acceptor: CallAcceptor): () => void {
    this.#acceptors = [acceptor, ...this.#acceptors];
    return () => {
      this.#acceptors = this.#acceptors.filter((each) => each !== acceptor);
    };
  }

  /** Our URI in a Contact for requests to a hop. @param user escaped @param line tells accounts with one user apart */
  contact(user: string, { protocol }: Pick<Hop, 'protocol'>, line?: string): string {
    const transport = protocol === 'udp' ? '' : `;transport=${protocol}`;
    return `sip:${user}@${this.#options.transport.sentBy(protocol)}${transport}${line ? `;line=${line}` : ''}`;
  }

  /** Ends all transactions; dialogs and registrations are closed before. Idempotent. */
  close(): void {
    this.#options.transport.observer.off('message', this.#onMessage).off('disconnected', this.#onDisconnected);
    this.#client.close();
    this.#server.close();
  }

  #receive(message: SipMessage, from: Hop): void {
    if (message.type === 'response') {
      if (this.#client.receiveResponse(message)) this.#known.add(from.address);
      return;
    }
    // an ACK that nobody waits for is never answered (RFC 3261 section 17)
    if (this.#server.receive(message, from) || message.method === 'ACK') return;
    const receive = this.#receiverOf(message, from);
    const refused = receive && (refusal(message) ?? (this.#server.isMerged(message) ? 482 : undefined));
    const transaction = receive && refused === undefined ? this.#server.serve(message, from) : undefined;
    if (receive && transaction) return receive(transaction);
    // beyond the limit, a message costs no more than its parsing
    if (this.#options.answersStranger?.(this.#known.has(from.address)) === false) return;
    this.#respond(message, from, receive ? (refused ?? 503) : strangerStatus(message));
  }

  #receiverOf(request: SipRequest, from: Hop): ((transaction: ServerTransaction) => void) | undefined {
    const localTag = toTagOf(request.headers);
    const callId = request.headers.get('call-id') ?? '';
    if (localTag !== undefined) return this.#dialogs.get(nameOf({ callId, localTag }));
    if (request.method !== 'INVITE') return undefined;
    const uri = parseSipUri(request.uri);
    const fitting = uri
      ? this.#acceptors.filter(
          (each) => isFor(each, uri) && each.accepts(from, uri.parameters.get('line') === each.line),
        )
      : [];
    const acceptor = fitting.find(({ user }) => user !== undefined) ?? fitting[0];
    return acceptor && ((transaction) => acceptor.receive(transaction));
  }

  /** Without a state. */
  #respond(request: SipRequest, from: Hop, status: number): void {
    const response = outgoingResponse(request, status, {
      toTag: this.#strangerTag,
      headers: explanation(request, status),
    });
    this.#options.transport.send(response, from).catch(() => undefined);
  }
}

function nameOf({ callId, localTag }: DialogKey): string {
  return `${localTag} ${callId}`;
}

function isFor({ user, line }: CallAcceptor, uri: SipUri): boolean {
  const given = uri.parameters.get('line');
  // some registrars lose the parameters of a Contact
  return (
    (line === undefined || given === undefined || given === line) && (user === undefined || user === plainUser(uri))
  );
}

/** Status for a request of ours that cannot be processed (RFC 3261 section 8.2.2). */
function refusal(request: SipRequest): number | undefined {
  if (fromTagOf(request.headers) === undefined) return 400;
  return notRequirable(request).length > 0 ? 420 : undefined;
}

/** Status for a request of nobody's. */
function strangerStatus(request: SipRequest): number {
  const { method, headers, uri } = request;
  if (!parseSipUri(uri)) return 416;
  if (toTagOf(headers) !== undefined || dialogMethods.includes(method)) return 481;
  if (refusedMethods.includes(method)) return 405;
  if (method !== 'OPTIONS' && method !== 'INVITE') return 501;
  if (notRequirable(request).length > 0) return 420;
  return method === 'OPTIONS' ? 200 : 480;
}

function* explanation(request: SipRequest, status: number): Generator<readonly [name: string, value: string]> {
  if (status === 405 || status === 501 || request.method === 'OPTIONS') yield ['allow', allowedMethods];
  if (status === 420) yield ['unsupported', notRequirable(request).join(', ')];
  if (request.method === 'OPTIONS') yield ['accept', 'application/sdp'];
}
