import { DigestAuthentication } from '../../../net/digest-authentication.ts';
import type { SipAccount } from '../account.ts';
import { SipHeaders } from '../message/sip-headers.ts';
import type { SipRequest, SipResponse } from '../message/sip-message.ts';
import type { Hop } from '../transport/hop.ts';
import type { ReceivedResponse } from './transaction.ts';

/** Of the server, and of the proxies. */
const kinds = [
  { challenge: 'www-authenticate', answer: 'authorization', info: 'authentication-info' },
  { challenge: 'proxy-authenticate', answer: 'proxy-authorization', info: 'proxy-authentication-info' },
];

interface KnownChallenge {
  /** Header that answers it. */
  readonly answer: string;
  readonly digest: DigestAuthentication;
}

/**
 * How often one realm is answered for one request. Once more than a password needs: some registrars do not say that a nonce was stale.
 */
const maxAnswers = 2;
/** Servers and proxies that want credentials at once. A response may name any number of realms. */
const maxRealms = 8;

export interface ChallengeOptions {
  readonly credentials: Pick<SipAccount, 'username' | 'password'>;
  /**
   * Whether the credentials may go to a hop. A digest can be attacked offline: whoever else receives a request, such as the phone that is
   * called, must not be able to ask for one.
   */
  readonly trusts: (hop: Hop) => boolean;
  /** Makes client nonces: see DigestAuthentication. */
  readonly cnonce?: () => string;
}

export const credentialHeaders = kinds.map(({ answer }) => answer);

export function isChallenge({ response }: Pick<ReceivedResponse, 'response'>): boolean {
  return response.status === 401 || response.status === 407;
}

/** What the server and the proxies on the way have requested, for the requests to come (RFC 3261 section 22). */
export class Challenges {
  readonly #options: ChallengeOptions;
  readonly #known = new Map<string, KnownChallenge>();

  constructor(options: ChallengeOptions) {
    this.#options = options;
  }

  trusts(hop: Hop): boolean {
    return this.#options.trusts(hop);
  }

  /** The request with credentials for all that is known; without any when one of its hops must not have them. */
  authorized(request: SipRequest, hops: readonly Hop[]): SipRequest {
    const headers = new SipHeaders(request.headers);
    if (!hops.every((hop) => this.trusts(hop))) return request;
    const { username, password } = this.#options.credentials;
    for (const { answer, digest } of this.#known.values()) {
      headers.append(answer, digest.authorize(request.method, request.uri, { username, password: password.reveal() }));
    }
    return { ...request, headers };
  }

  /**
   * Takes the challenges of a 401 or 407.
   * @param answered how often each realm has been answered for this request; it is counted here
   * @returns whether the request is worth sending again
   */
  take(response: SipResponse, hop: Hop, answered: Map<string, number>): boolean {
    let worth = false;
    if (!this.trusts(hop)) return false;
    for (const { answer, challenge } of kinds) {
      const digests = DigestAuthentication.perRealm(response.headers.all(challenge), this.#options.cnonce);
      for (const digest of digests.slice(0, maxRealms)) {
        const key = `${answer} ${digest.realm}`;
        const count = answered.get(key) ?? 0;
        // refused, however content the others are
        if (count >= maxAnswers && !digest.stale) return false;
        answered.set(key, digest.stale ? count : count + 1);
        this.#remember(key, { answer, digest });
        worth = true;
      }
    }
    return worth;
  }

  /** Takes the next nonce of a server that names it in its response (RFC 7616 section 3.5). */
  renew({ response, hop }: ReceivedResponse): void {
    if (!this.trusts(hop)) return;
    for (const { answer, info } of kinds) {
      const nonce = nextNonce.exec(response.headers.get(info) ?? '')?.[1];
      const known = [...this.#known.values()].filter((each) => each.answer === answer);
      // the header does not say whose nonce it is
      if (nonce !== undefined && known.length === 1) known[0]?.digest.renew(nonce);
    }
  }

  #remember(key: string, challenge: KnownChallenge): void {
    this.#known.delete(key);
    this.#known.set(key, challenge);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxRealms && oldest !== undefined) this.#known.delete(oldest);
  }
}

const nextNonce = /(?:^|[\s,])nextnonce\s*=\s*"([^"\\]{1,512})"/i;
