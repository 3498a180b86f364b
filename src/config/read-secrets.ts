import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { Secret } from './secret.ts';

/** Characters that a token, a signing key and a webhook secret need in production; an HS256 key has 256 bits (RFC 7518, section 3.2). */
const shortest = { token: 16, key: 32, webhook: 16 };

/** The API token and the signing key. In production they must be there, or be random, and must not be guessable. */
export function readSecrets(
  environment: Environment,
  randomBytes: (size: number) => Buffer,
): Pick<Config, 'serverApiToken' | 'secretKeyBase'> {
  return { serverApiToken: readToken(environment), secretKeyBase: readKey(environment, randomBytes) };
}

function readToken(environment: Environment): Secret {
  const name = environment.nameOf('FJ_SERVER_API_TOKEN');
  const token = environment.read('FJ_SERVER_API_TOKEN');
  if (!token) {
    throw new ConfigError(
      `environment variable ${name} is missing. ${name} is used for HTTP requests and server WebSocket authorization.`,
    );
  }
  requireLength(environment, name, token, shortest.token);
  return token;
}

function readKey(environment: Environment, randomBytes: (size: number) => Buffer): Secret {
  const key = environment.read('FJ_SECRET_KEY_BASE');
  if (key) {
    requireLength(environment, environment.nameOf('FJ_SECRET_KEY_BASE'), key, shortest.key);
    return key;
  }
  if (environment.production) {
    const name = environment.nameOf('FJ_SECRET_KEY_BASE');
    environment.warnings.push(`${name} is unset: a random one is used, and peer tokens end with this process.`);
  }
  return new Secret(randomBytes(48).toString('base64'));
}

/** What webhooks are signed with, when they are. */
export function readWebhookSecret(environment: Environment): Secret | undefined {
  const name = 'SHOAL_WEBHOOK_SECRET';
  const secret = environment.read(name);
  if (secret) requireLength(environment, name, secret, shortest.webhook);
  return secret;
}

function requireLength(environment: Environment, name: string, secret: Secret, production: number): void {
  const least = environment.production ? production : 1;
  if (secret.reveal().length >= least) return;
  const where = environment.production ? 'in production it needs' : 'it needs';
  throw new ConfigError(`environment variable ${name} is too short: ${where} at least ${least} characters.`);
}
