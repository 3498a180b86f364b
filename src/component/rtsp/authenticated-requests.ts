import { parseChallenges } from '../../net/authentication-challenge.ts';
import { basicAuthorization, type Credentials } from '../../net/credentials.ts';
import { DigestAuthentication } from '../../net/digest-authentication.ts';
import type { RtspConnection } from './rtsp-connection.ts';
import { RtspError } from './rtsp-error.ts';
import type { RtspResponse } from './rtsp-message.ts';

/** Sends the requests of a connection, with credentials once the server has requested them. */
export class AuthenticatedRequests {
  readonly #connection: RtspConnection;
  readonly #credentials: Credentials | undefined;
  #scheme: DigestAuthentication | 'basic' | undefined;

  constructor(connection: RtspConnection, credentials: Credentials | undefined) {
    this.#connection = connection;
    this.#credentials = credentials;
  }

  /**
   * Resolves with a response of any status but 401.
   * @throws RtspError unauthorized, and those of the connection
   */
  async send(method: string, url: string, headers: Readonly<Record<string, string>> = {}): Promise<RtspResponse> {
    let fresh = false;
    // without credentials, with them, and once more when the nonce was stale
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const authorization = this.#authorization(method, url);
      const response = await this.#connection.request(method, url, { ...headers, ...authorization });
      if (response.status !== 401) return response;
      const offered = response.headers.all('www-authenticate');
      const digest = DigestAuthentication.from(offered);
      if (!this.#credentials || (fresh && !digest?.stale)) break;
      this.#scheme = digest ?? (offersBasic(offered) ? 'basic' : undefined);
      if (!this.#scheme) break;
      fresh = true;
    }
    throw new RtspError('unauthorized');
  }

  #authorization(method: string, uri: string): { Authorization?: string } {
    if (!this.#scheme || !this.#credentials) return {};
    if (this.#scheme === 'basic') return { Authorization: basicAuthorization(this.#credentials) };
    return { Authorization: this.#scheme.authorize(method, uri, this.#credentials) };
  }
}

function offersBasic(headers: readonly string[]): boolean {
  return headers.flatMap(parseChallenges).some(({ scheme }) => scheme === 'basic');
}
