import type { Test } from 'tap';
import { fromOf } from '../../../src/component/sip/message/header-values.ts';
import { outgoingRequest } from '../../../src/component/sip/message/outgoing-request.ts';
import type { SipRequest } from '../../../src/component/sip/message/sip-message.ts';
import { type PeerRequest, ScriptedPeer } from './scripted-peer.ts';

/** What the telephones of the registrar say that they are like. */
const description = [
  ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 9 RTP/AVP 8 101'],
  ...['a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', 'a=ptime:20', ''],
].join('\r\n');

/**
 * A registrar, and the telephone behind it, on a UDP port of this machine: it registers everybody, and answers every call but to the numbers
 * of {@link refusals}. No audio flows.
 */
export class ScriptedProvider {
  readonly peer: ScriptedPeer;
  /** Status for a REGISTER. */
  registration = 200;
  /** Where its telephones say that they want their audio. */
  mediaAddress = '127.0.0.1';
  /** Whether anything is answered at all. */
  silent = false;
  /** Statuses by number. */
  readonly refusals: Readonly<Record<string, number>> = { 486: 486, 603: 603, 404: 404 };
  #invite: PeerRequest | undefined;

  private constructor(peer: ScriptedPeer) {
    this.peer = peer;
    peer.onRequest((given) => this.#answer(given));
  }

  static async open(t: Test): Promise<ScriptedProvider> {
    return new ScriptedProvider(await ScriptedPeer.open(t));
  }

  /** As `address` of credentials. */
  get address(): string {
    return `127.0.0.1:${this.peer.sockets.port}`;
  }

  requests(method: string): SipRequest[] {
    return this.peer.requests.flatMap(({ request }) => (request.method === method ? request : []));
  }

  /** The telephone ends the call that it answered last. */
  hangUp(): void {
    const { request, from } = this.#invite as PeerRequest;
    const { headers } = request;
    const bye = outgoingRequest({
      method: 'BYE',
      uri: contactOf(request),
      from: `${headers.get('to')};tag=peer`,
      to: headers.get('from') ?? '',
      callId: headers.get('call-id') ?? '',
      sequence: 1,
    });
    this.peer.send(bye, from);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.peer.sockets.close();
  }

  #answer(given: PeerRequest): void {
    if (this.silent) return;
    const { request } = given;
    if (request.method === 'ACK') return;
    if (request.method === 'REGISTER') return this.#register(given);
    if (request.method === 'INVITE') return this.#ring(given);
    this.peer.respond(given, 200);
  }

  #register(given: PeerRequest): void {
    const headers = given.request.headers;
    const granted: [string, string][] = headers.all('contact').map((value) => ['contact', `${value};expires=300`]);
    this.peer.respond(given, this.registration, { headers: granted });
  }

  #ring(given: PeerRequest): void {
    const number = /^sip:([^@]*)@/.exec(given.request.uri)?.[1] ?? '';
    const refusal = this.refusals[number];
    if (refusal !== undefined) return this.peer.respond(given, refusal);
    this.peer.respond(given, 180);
    this.#invite = given;
    const contact = `<sip:phone@${this.address}>`;
    const headers: [string, string][] = [
      ['contact', contact],
      ['content-type', 'application/sdp'],
    ];
    const body = description.replace('c=IN IP4 127.0.0.1', `c=IN IP4 ${this.mediaAddress}`);
    this.peer.respond(given, 200, { headers, body });
  }
}

function contactOf({ headers }: SipRequest): string {
  return /<([^>]*)>/.exec(headers.get('contact') ?? '')?.[1] ?? fromOf(headers)?.uri ?? '';
}
