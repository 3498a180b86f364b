import { boolean, ip, networks, port, realSecret, secret, text, wholeNumber, words } from './text-form.ts';
import { variable } from './variable.ts';

/** Addresses, secrets, logs, folders: docs/contracts/fishjam-config.md 2.1, and our own additions. */
export const generalVariables = {
  FJ_SERVER_API_TOKEN: variable({
    section: 'General',
    description: 'Token of the REST API and of the server websocket. In production at least 16 characters.',
    schema: secret,
    default: { development: 'development' },
    defaultText: 'required in production; `development` elsewhere',
  }),
  FJ_SECRET_KEY_BASE: variable({
    section: 'General',
    description:
      'Signs the peer tokens. At least 32 characters in production. When unset, peer tokens end with the process.',
    schema: secret,
    defaultText: 'random at each start',
  }),
  FJ_HOST: variable({
    section: 'General',
    description:
      'Outside address, returned to backends as it is: `ip:port`, `domain:port` or `domain`, each with an optional path, no scheme.',
    schema: text,
    defaultText: '`<FJ_IP>:<FJ_PORT>`',
  }),
  FJ_IP: variable({
    section: 'General',
    description: 'Address on which HTTP and websockets listen.',
    schema: ip,
    default: '127.0.0.1',
  }),
  FJ_PORT: variable({
    section: 'General',
    description: 'Port on which HTTP and websockets listen.',
    schema: port,
    default: { production: '8080', development: '5002' },
  }),
  FJ_SSL_KEY_PATH: variable({
    section: 'General',
    description: 'Private key (PEM). With `FJ_SSL_CERT_PATH`, HTTPS and WSS take the place of HTTP and WS.',
    schema: text,
  }),
  FJ_SSL_CERT_PATH: variable({
    section: 'General',
    description: 'Certificate (PEM, with its chain).',
    schema: text,
  }),
  FJ_CHECK_ORIGIN: variable({
    section: 'General',
    description:
      'Websockets only. `true`: the host of `Origin` must be that of `FJ_HOST`; `false`: no check; `:conn`: scheme, host and port of the request; or a list such as `https://example.com //another.com:888 //*.other.com`.',
    schema: text,
    default: { production: 'true', development: 'false' },
  }),
  FJ_COMPONENTS_USED: variable({
    section: 'General',
    description: 'Component types that may be created, between blanks: `hls rtsp file sip recording`.',
    schema: words,
    defaultText: 'none in production; every type that is built elsewhere',
  }),
  FJ_RESOURCES_BASE_PATH: variable({
    section: 'General',
    description: 'Folder for recordings, HLS output and inputs of File components.',
    schema: text,
    defaultText: '`fishjam_resources` (`jellyfish_resources` in Jellyfish mode)',
  }),
  FJ_METRICS_IP: variable({
    section: 'General',
    description: 'Address of the Prometheus listener.',
    schema: ip,
    default: '127.0.0.1',
  }),
  FJ_METRICS_PORT: variable({
    section: 'General',
    description: 'Port of the Prometheus listener.',
    schema: port,
    default: '9568',
  }),
  FJ_LOG_LEVEL: variable({
    section: 'General',
    description: '`debug`, `info`, `warning` or `error`. Another value is reported and `info` used.',
    schema: text,
    default: 'info',
  }),
  FJ_STRUCTURED_LOGGING: variable({
    section: 'General',
    description: '`true`: one JSON object per line instead of plain text.',
    schema: boolean,
    default: 'false',
  }),
  FJ_GIT_COMMIT: variable({
    section: 'General',
    description: 'Commit reported by `/health`.',
    schema: text,
    default: 'dev',
  }),
  SHOAL_OUTBOUND_ALLOW: variable({
    section: 'General',
    description:
      'Networks (such as `10.0.0.0/8`) that outgoing requests may reach even if denied below. Link-local and cloud metadata addresses stay refused.',
    schema: networks,
    default: '',
  }),
  SHOAL_OUTBOUND_DENY: variable({
    section: 'General',
    description: 'Networks that outgoing requests (webhooks and the like) must not reach.',
    schema: networks,
    default: '',
  }),
};

/** How a webhook delivery is tried, tried again and given up. */
export const webhookVariables = {
  SHOAL_WEBHOOK_SECRET: variable({
    section: 'Webhooks',
    description:
      'When set, webhooks carry `x-fishjam-signature-256: sha256=<HMAC-SHA256 of the body>`. In production at least 16 characters.',
    schema: realSecret,
  }),
  SHOAL_WEBHOOK_CONNECT_TIMEOUT_MS: variable({
    section: 'Webhooks',
    description: 'Longest wait for a connection, in ms.',
    schema: wholeNumber(1),
    default: '8000',
  }),
  SHOAL_WEBHOOK_ANSWER_TIMEOUT_MS: variable({
    section: 'Webhooks',
    description: 'Longest wait for the answer, in ms.',
    schema: wholeNumber(1),
    default: '5000',
  }),
  SHOAL_WEBHOOK_RETRY_MS: variable({
    section: 'Webhooks',
    description:
      'How long a failed delivery is repeated (no answer, 5xx, 429) before it is dropped, in ms. 0: once only.',
    schema: wholeNumber(0),
    default: '60000',
  }),
  SHOAL_WEBHOOK_QUEUE_LENGTH: variable({
    section: 'Webhooks',
    description: 'Notifications that may wait per room; beyond it the oldest is dropped.',
    schema: wholeNumber(1),
    default: '1000',
  }),
};
