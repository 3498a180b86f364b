import type { Environment } from './environment.ts';
import { requireLength } from './secrets.ts';
import { integer, integerWithin, realSecret } from './text-form.ts';
import { variable } from './variable.ts';

/** Characters that the secret has at least in production. */
const minLength = 16;

/** How a webhook delivery is tried, tried again and given up: our own additions. */
export const webhookVariables = {
  secret: variable('SHOAL_WEBHOOK_SECRET', {
    description: `When set, webhooks carry \`x-fishjam-signature-256: sha256=<HMAC-SHA256 of the body>\`. In production at least ${minLength} characters.`,
    form: realSecret,
  }),
  connectTimeoutMs: variable('SHOAL_WEBHOOK_CONNECT_TIMEOUT_MS', {
    description: 'Timeout of the connection, in ms.',
    form: integer(1),
    default: '8000',
  }),
  answerTimeoutMs: variable('SHOAL_WEBHOOK_ANSWER_TIMEOUT_MS', {
    description: 'Timeout of the response, in ms.',
    form: integer(1),
    default: '5000',
  }),
  retryMs: variable('SHOAL_WEBHOOK_RETRY_MS', {
    description:
      'How long a failed delivery (no response, 5xx, 429) is retried before it is dropped, in ms. 0: it is not retried.',
    form: integer(0),
    default: '60000',
  }),
  queueLength: variable('SHOAL_WEBHOOK_QUEUE_LENGTH', {
    description: 'Maximum of notifications that are queued per room; when it is exceeded, the oldest one is dropped.',
    form: integerWithin(1, 1_000_000),
    default: '1000',
  }),
};

export function readWebhook(environment: Environment) {
  const webhook = environment.readAll(webhookVariables);
  if (webhook.secret) requireLength(environment, webhookVariables.secret.name, webhook.secret, minLength);
  return webhook;
}
