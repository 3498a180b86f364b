import { EventEmitter, once } from 'node:events';
import type { Test } from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import { outgoingRequest } from '../../../src/component/sip/message/outgoing-request.ts';
import { type OutgoingResponse, outgoingResponse } from '../../../src/component/sip/message/outgoing-response.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../../src/component/sip/message/sip-message.ts';
import type { Hop } from '../../../src/component/sip/transport/hop.ts';
import { SipSockets } from '../../../src/component/sip/transport/sip-sockets.ts';
import { AddressGuard } from '../../../src/net/address-guard.ts';

export interface PeerRequest {
  readonly request: SipRequest;
  readonly from: Hop;
}

/** A registrar or telephone on a port of this machine, without any transactions: it says what a test tells it to. */
export class ScriptedPeer {
  readonly sockets: SipSockets;
  /** Everything that arrived, in order. */
  readonly requests: PeerRequest[] = [];
  readonly responses: SipResponse[] = [];
  readonly #arrivals = new EventEmitter<{ arrival: [] }>();
  #answer: ((given: PeerRequest) => void) | undefined;
  #taken = 0;
  #takenResponses = 0;

  private constructor(sockets: SipSockets) {
    this.sockets = sockets;
    sockets.observer.on('message', (message, from) => this.#take(message, from));
  }

  static async open(t: Test): Promise<ScriptedPeer> {
    const sockets = await openTestSockets(t);
    return new ScriptedPeer(sockets);
  }

  hop(protocol: Hop['protocol'] = 'udp'): Hop {
    return { protocol, address: '127.0.0.1', port: this.sockets.port };
  }

  /** What is done with each request from now on. */
  onRequest(answer: (given: PeerRequest) => void): void {
    this.#answer = answer;
  }

  /** The next request that nobody has taken. @param method the test fails by its timeout when another one comes */
  async next(method?: string): Promise<PeerRequest> {
    while (this.requests.length <= this.#taken) await once(this.#arrivals, 'arrival');
    const given = this.requests[this.#taken];
    this.#taken += 1;
    if (!given || (method !== undefined && given.request.method !== method)) {
      throw new Error(`${method} was expected, not ${given?.request.method}`);
    }
    return given;
  }

  async nextResponse(): Promise<SipResponse> {
    while (this.responses.length <= this.#takenResponses) await once(this.#arrivals, 'arrival');
    const response = this.responses[this.#takenResponses];
    this.#takenResponses += 1;
    return response as SipResponse;
  }

  respond({ request, from }: PeerRequest, status: number, given: Partial<OutgoingResponse> = {}): void {
    void this.sockets.send(outgoingResponse(request, status, { toTag: 'peer', ...given }), from);
  }

  /** Sends a request; without a branch, a new one. */
  send(request: SipRequest, to: Hop, branch = `z9hG4bK${Math.random()}`): SipRequest {
    request.headers.prepend(
      'via',
      `SIP/2.0/${to.protocol.toUpperCase()} 127.0.0.1:${this.sockets.port};rport;branch=${branch}`,
    );
    void this.sockets.send(request, to);
    return request;
  }

  #take(message: SipMessage, from: Hop): void {
    if (message.type === 'response') this.responses.push(message);
    else this.requests.push({ request: message, from });
    this.#arrivals.emit('arrival');
    if (message.type === 'request') this.#answer?.({ request: message, from });
  }
}

/** A SIP port of 127.0.0.1. */
export async function openTestSockets(t: Test): Promise<SipSockets> {
  const options = { guard: new AddressGuard(), clock: systemClock, verifyTls: true };
  const sockets = await SipSockets.open({ listenIp: '127.0.0.1', port: 0, advertisedIp: '127.0.0.1', ...options });
  t.teardown(() => sockets.close());
  return sockets;
}

/** A request from `sip:a@example.org` to `sip:b@example.org`. */
export function testRequest(
  method: string,
  given: { callId?: string; sequence?: number; body?: string } = {},
): SipRequest {
  return outgoingRequest({
    method,
    uri: 'sip:b@example.org',
    from: '<sip:a@example.org>;tag=ours',
    to: '<sip:b@example.org>',
    callId: 'call',
    sequence: 1,
    ...given,
  });
}
