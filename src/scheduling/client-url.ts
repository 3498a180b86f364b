import { StartError } from '../error/start-error.ts';

/** What takes the place of `{server}`, `{room}`, `{token}` and `{name}`. */
export type ClientUrlValues = Readonly<Record<'server' | 'room' | 'token' | 'name', string>>;

/** The application that people are sent to who were admitted: `JITSI_ADMIN_CLIENT_URL`. */
export class ClientUrl {
  readonly #template: string;

  /** @throws StartError when it is no URL */
  constructor(template: string) {
    this.#template = template;
    const sample = this.of({ server: 'x', room: 'x', token: 'x', name: 'x' });
    const { protocol } = URL.parse(sample) ?? {};
    if (!protocol || ['javascript:', 'data:'].includes(protocol)) {
      throw new StartError(`JITSI_ADMIN_CLIENT_URL is not an absolute URL: ${template}`);
    }
  }

  /** Where a browser goes. */
  of(values: ClientUrlValues): string {
    return this.#template.replace(/\{(server|room|token|name)\}/g, (_place, name: keyof ClientUrlValues) =>
      encodeURIComponent(values[name].toWellFormed()),
    );
  }

  /** What opens the app: the same with its scheme, unless the template has one of its own. */
  appOf(values: ClientUrlValues): string {
    return this.of(values).replace(/^https?:/i, 'jitsi-meet:');
  }
}
