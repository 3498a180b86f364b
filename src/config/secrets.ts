import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { Secret } from './secret.ts';
import { secret } from './text-form.ts';
import { variable } from './variable.ts';

/** Characters that secrets have at least in production; an HS256 key has 256 bits (RFC 7518, section 3.2). */
const minLength = { token: 16, key: 32 };

export const secretVariables = {
  serverApiToken: variable('FJ_SERVER_API_TOKEN', {
    description: `Token of the REST API and of the server websocket. In production at least ${minLength.token} characters.`,
    form: secret,
    default: { development: 'development' },
    defaultText: 'required in production; `development` elsewhere',
  }),
  secretKeyBase: variable('FJ_SECRET_KEY_BASE', {
    description: `Signs the peer tokens. At least ${minLength.key} characters in production. When unset, peer tokens end with the process.`,
    form: secret,
    defaultText: 'random at each start',
  }),
};

/** The API token and the signing key. In production both are long enough, or the key is random. @throws ConfigError */
export function readSecrets(environment: Environment, randomBytes: (size: number) => Buffer) {
  return { serverApiToken: readToken(environment), secretKeyBase: readKey(environment, randomBytes) };
}

function readToken(environment: Environment): Secret {
  const name = environment.nameOf(secretVariables.serverApiToken);
  const token = environment.read(secretVariables.serverApiToken);
  if (!token) {
    throw new ConfigError(
      `environment variable ${name} is missing. ${name} is used for HTTP requests and server WebSocket authorization.`,
    );
  }
  requireLength(environment, name, token, minLength.token);
  return token;
}

function readKey(environment: Environment, randomBytes: (size: number) => Buffer): Secret {
  const name = environment.nameOf(secretVariables.secretKeyBase);
  const key = environment.read(secretVariables.secretKeyBase);
  if (key) {
    requireLength(environment, name, key, minLength.key);
    return key;
  }
  if (environment.production) {
    environment.warnings.push(`${name} is unset: a random one is used, and peer tokens end with this process.`);
  }
  return new Secret(randomBytes(48).toString('base64'));
}

/** @throws ConfigError when the secret is empty or, in production, shorter than `production` characters */
export function requireLength(environment: Environment, name: string, secret: Secret, production: number): void {
  const min = environment.production ? production : 1;
  if (secret.reveal().length >= min) return;
  const where = environment.production ? 'in production it needs' : 'it needs';
  throw new ConfigError(`environment variable ${name} is too short: ${where} at least ${min} characters.`);
}
