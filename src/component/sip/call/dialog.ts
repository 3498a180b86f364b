import { contactsOf, fromTagOf, recordRoutesOf, sequenceOf, toTagOf } from '../message/header-values.ts';
import { formatNameAddress, type NameAddress } from '../message/name-address.ts';
import { outgoingRequest } from '../message/outgoing-request.ts';
import type { SipHeaders } from '../message/sip-headers.ts';
import type { SipMessage, SipRequest } from '../message/sip-message.ts';
import { parseSipUri } from '../message/sip-uri.ts';
import { SipError } from '../sip-error.ts';
import type { ReceivedResponse } from '../transaction/transaction.ts';
import type { Hop } from '../transport/hop.ts';
import type { CallLine } from './call-line.ts';

interface DialogParts {
  readonly callId: string;
  /** Name-addr with our tag. */
  readonly local: string;
  /** Name-addr with the tag of the other side, if it has one. */
  readonly remote: string;
  readonly localTag: string;
  /** Empty: RFC 2543. */
  readonly remoteTag: string;
  /** In the order in which requests go through them. */
  readonly routes: readonly NameAddress[];
  /** URI. */
  readonly target: string;
  readonly localSequence: number;
  readonly remoteSequence?: number;
  /** Where the other side's first message came from. */
  readonly hop: Hop;
}

const maxRoutes = 32;

/** Two sides that talk to each other (RFC 3261 section 12). */
export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly #line: CallLine;
  readonly #parts: DialogParts;
  #target: string;
  #localSequence: number;
  #remoteSequence: number | undefined;
  #acknowledgement: SipRequest | undefined;

  private constructor(line: CallLine, parts: DialogParts) {
    this.callId = parts.callId;
    this.localTag = parts.localTag;
    this.remoteTag = parts.remoteTag;
    this.#line = line;
    this.#parts = parts;
    this.#target = parts.target;
    this.#localSequence = parts.localSequence;
    this.#remoteSequence = parts.remoteSequence;
  }

  /** The dialog of our INVITE and a response to it. @param sequence the last number that was used for this call */
  static ofCaller(line: CallLine, invite: SipRequest, { response, hop }: ReceivedResponse, sequence: number): Dialog {
    const { headers } = response;
    return new Dialog(line, {
      callId: invite.headers.get('call-id') ?? '',
      local: invite.headers.get('from') ?? '',
      remote: headers.get('to') ?? '',
      localTag: fromTagOf(invite.headers) ?? '',
      remoteTag: toTagOf(headers) ?? '',
      routes: routesOf(headers).reverse(),
      // without a Contact, which a 2xx must have, the one who was called is the best guess
      target: targetOf(headers) ?? invite.uri,
      localSequence: sequence,
      hop,
    });
  }

  /**
   * The dialog of an INVITE that we accept.
   * @throws SipError bad_message when it has no Contact that can be called
   */
  static ofCallee(line: CallLine, invite: SipRequest, localTag: string, hop: Hop): Dialog {
    const { headers } = invite;
    const target = targetOf(headers);
    if (target === undefined) throw new SipError('bad_message', 'no usable Contact', 400);
    return new Dialog(line, {
      callId: headers.get('call-id') ?? '',
      local: `${headers.get('to') ?? ''};tag=${localTag}`,
      remote: headers.get('from') ?? '',
      localTag,
      remoteTag: fromTagOf(headers) ?? '',
      routes: routesOf(headers),
      target,
      localSequence: 0,
      remoteSequence: sequenceOf(headers)?.number ?? 0,
      hop,
    });
  }

  /** Whether a request with our tag is of this dialog: another fork has another tag. */
  matches({ headers }: SipRequest): boolean {
    return (fromTagOf(headers) ?? '') === this.remoteTag;
  }

  /** Counts a received request. @returns false when it is older than one that was received already (RFC 3261 section 12.2.2) */
  isNext({ headers }: SipRequest): boolean {
    const number = sequenceOf(headers)?.number ?? 0;
    if (this.#remoteSequence !== undefined && number <= this.#remoteSequence) return false;
    this.#remoteSequence = number;
    return true;
  }

  /** Takes the Contact of an INVITE or UPDATE: the other side may have moved. */
  refreshTarget({ headers }: SipMessage): void {
    this.#target = targetOf(headers) ?? this.#target;
  }

  /**
   * Sends a request other than INVITE and waits for its final response.
   * @throws SipError timeout, unreachable, unauthorized, closed
   */
  async ask(method: string): Promise<ReceivedResponse> {
    const request = this.#request(method, this.#nextSequence());
    return await this.#line.transactions.ask(request, await this.#hops(), { nextSequence: () => this.#nextSequence() });
  }

  /** Says BYE. When there is no answer, the other side is gone: the dialog is over all the same (RFC 3261 section 15.1.1). */
  async end(): Promise<void> {
    await this.ask('BYE').catch(() => undefined);
  }

  /** Acknowledges a 2xx: the first time it is received, and each time it is repeated (RFC 3261 section 13.2.2.4). */
  async acknowledge({ headers }: SipMessage): Promise<void> {
    this.#acknowledgement ??= this.#request('ACK', sequenceOf(headers)?.number ?? this.#localSequence);
    this.#line.transactions.acknowledge(this.#acknowledgement, await this.#hops());
  }

  #nextSequence(): number {
    this.#localSequence += 1;
    return this.#localSequence;
  }

  #request(method: string, sequence: number): SipRequest {
    const { callId, local, remote, routes } = this.#parts;
    const first = routes[0];
    // a strict router gets what it is to send next as Request-URI, and the target as the last route (RFC 3261 section 12.2.1.1)
    const strict = first !== undefined && !parseSipUri(first.uri)?.parameters.has('lr');
    const uri = strict ? first.uri : this.#target;
    const written = (strict ? routes.slice(1) : routes).map(formatNameAddress);
    const all = strict ? [...written, `<${this.#target}>`] : written;
    return outgoingRequest({ method, uri, from: local, to: remote, callId, sequence, routes: all });
  }

  /**
   * Where the next request goes: the first route, else the target. A Contact that cannot be reached, such as a name of the other side's own
   * network, is replaced by where the other side was heard.
   */
  async #hops(): Promise<Hop[]> {
    const { hop, routes } = this.#parts;
    const uri = routes[0]?.uri ?? this.#target;
    const found = await this.#line.resolver.resolve(uri).catch(() => [hop]);
    // the name that its certificate was verified for is known already
    return found.map((each) => (isSameHop(each, hop) ? hop : each));
  }
}

function isSameHop(one: Hop, other: Hop): boolean {
  return one.protocol === other.protocol && one.address === other.address && one.port === other.port;
}

function targetOf(headers: SipHeaders): string | undefined {
  const [contact] = contactsOf(headers) ?? [];
  const uri = contact && parseSipUri(contact.uri);
  return uri && contact.uri;
}

function routesOf(headers: SipHeaders): NameAddress[] {
  const routes = recordRoutesOf(headers) ?? [];
  return routes.filter(({ uri }) => parseSipUri(uri)).slice(0, maxRoutes);
}
