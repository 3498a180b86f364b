import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { ConferenceDetails, User } from './conference.ts';
import { type ConferenceParticipant, conferenceToken, shortName } from './conference-token.ts';
import { isLocalServer } from './local-server.ts';

/** Maximum length of what a personal link carries, in characters. */
const maxData = 1024;
const keyName = 'links';

/** Whom a personal link is for. */
export interface LinkIdentity {
  /** Conference number. */
  readonly number: string;
  readonly email: string;
}

export interface JoinLinksOptions {
  readonly database: Database;
  /** Base URL of this server, without a slash at the end. */
  readonly publicAddress: string;
}

/** How one comes into a conference: docs/contracts/jitsi-admin.md 5. */
export class JoinLinks {
  readonly #key: KeyObject;
  readonly #publicAddress: string;

  private constructor(key: Buffer, publicAddress: string) {
    // One that was made before: there may be thousands of links to sign at once.
    this.#key = createSecretKey(key);
    this.#publicAddress = publicAddress;
  }

  /** Finds or creates the key that signs personal links. It is in the database: invitations outlive the process, and every node reads them. */
  static async open({ database, publicAddress }: JoinLinksOptions): Promise<JoinLinks> {
    const { queries } = database;
    const value = randomBytes(32).toString('base64');
    await queries
      .insertInto('scheduling_keys')
      .values({ name: keyName, value })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    const row = await queries
      .selectFrom('scheduling_keys')
      .select('value')
      .where('name', '=', keyName)
      .executeTakeFirstOrThrow();
    return new JoinLinks(Buffer.from(row.value, 'base64'), publicAddress);
  }

  /** The personal link of a participant, as mails have it: `<address>/join/<slug>?data=…&sig=…`. */
  personal(conference: ConferenceDetails, user: Pick<User, 'email'>): string {
    const { server, number } = conference;
    // Another server does not know of the conference, so the link is one of this server, which redirects.
    const base = isLocalServer(server, this.#publicAddress) ? server.address : this.#publicAddress;
    const { data, sig } = this.signed({ number, email: user.email });
    return `${base}/join/${server.slug}?data=${encodeURIComponent(data)}&sig=${sig}`;
  }

  /** The parameters of a personal link. */
  signed({ number, email }: LinkIdentity): { readonly data: string; readonly sig: string } {
    // Parsers of forms would take them for something else.
    const written = email.replace(/[%&+]/g, encodeURIComponent);
    const text = `uid=${number}&email=${written}`;
    return { data: Buffer.from(text).toString('base64'), sig: this.#sign(text).toString('base64url') };
  }

  /** Whom these parameters are for, and whether this server signed them. @returns undefined when they cannot be read */
  read(data: string, sig: string | undefined): (LinkIdentity & { readonly isSigned: boolean }) | undefined {
    if (data.length > maxData) return undefined;
    // Both alphabets are read; a plus sign that was not escaped arrived as a space.
    const text = Buffer.from(data.replaceAll(' ', '+'), 'base64').toString();
    const [, number, email] = /^uid=(\d{1,32})&email=([^&]{1,320})$/.exec(text) ?? [];
    if (number === undefined || email === undefined) return undefined;
    return { number, email: decoded(email), isSigned: sig !== undefined && this.#isSignature(text, sig) };
  }

  /**
   * Where a conference is that another server has: `https://<server>/<number>?jwt=…#config.subject=%22<name>%22`.
   * @param scheme `jitsi-meet`: opens the app
   */
  foreign(conference: ConferenceDetails, participant: ConferenceParticipant, scheme: 'https' | 'jitsi-meet'): string {
    const { server, number, name } = conference;
    const base = scheme === 'https' ? server.address : server.address.replace(/^https?:/, `${scheme}:`);
    const token = conferenceToken(conference, participant);
    const query = token === undefined ? '' : `?jwt=${token}`;
    return `${base}/${number}${query}#config.subject=${encodeURIComponent(JSON.stringify(shortName(name)))}`;
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }

  #isSignature(text: string, sig: string): boolean {
    const given = Buffer.from(sig.slice(0, 64), 'base64url');
    const right = this.#sign(text);
    return given.length === right.length && timingSafeEqual(given, right);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
