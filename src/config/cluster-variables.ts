import { boolean, port, secret, text, words } from './text-form.ts';
import { variable } from './variable.ts';

/** S3 and distribution: docs/contracts/fishjam-config.md 2.4 and 2.5. */
export const clusterVariables = {
  FJ_S3_BUCKET: variable({
    section: 'S3',
    description: 'Bucket of Recording components. The four credentials are set all or none.',
    schema: text,
  }),
  FJ_S3_REGION: variable({ section: 'S3', description: 'Region of the bucket.', schema: text }),
  FJ_S3_ACCESS_KEY_ID: variable({ section: 'S3', description: 'Access key id.', schema: secret }),
  FJ_S3_SECRET_ACCESS_KEY: variable({ section: 'S3', description: 'Secret access key.', schema: secret }),
  FJ_S3_PATH_PREFIX: variable({
    section: 'S3',
    description: 'Prefix of the keys in S3 when the request gives none.',
    schema: text,
  }),
  FJ_DIST_ENABLED: variable({
    section: 'Distribution',
    description: '`true`: several servers form a cluster; the following are read only then.',
    schema: boolean,
    default: 'false',
  }),
  FJ_DIST_STRATEGY_NAME: variable({
    section: 'Distribution',
    description: '`NODES_LIST` or `DNS`.',
    schema: text,
    default: 'NODES_LIST',
  }),
  FJ_DIST_MODE: variable({
    section: 'Distribution',
    description: '`sname` or `name`. Checked even when distribution is off.',
    schema: text,
    default: 'sname',
  }),
  FJ_DIST_COOKIE: variable({
    section: 'Distribution',
    description: 'Secret of the cluster; servers with different ones do not join.',
    schema: secret,
    defaultText: '`fishjam_cookie` (`jellyfish_cookie` in Jellyfish mode)',
  }),
  FJ_DIST_NODE_NAME: variable({
    section: 'Distribution',
    description: 'Name of this server, `<nodename>@<hostname>`.',
    schema: text,
    defaultText: '`fishjam@<hostname>` (`jellyfish@…` in Jellyfish mode)',
  }),
  FJ_DIST_NODES: variable({
    section: 'Distribution',
    description: 'NODES_LIST: names of the servers, between blanks; may contain this one.',
    schema: words,
    default: '',
  }),
  FJ_DIST_QUERY: variable({
    section: 'Distribution',
    description: 'DNS: name that resolves to the addresses of the servers.',
    schema: text,
  }),
  FJ_DIST_POLLING_INTERVAL: variable({
    section: 'Distribution',
    description: 'DNS: ms between two look-ups.',
    schema: text,
    default: '5000',
  }),
  FJ_DIST_MIN_PORT: variable({
    section: 'Distribution',
    description: 'First TCP port between servers.',
    schema: port,
  }),
  FJ_DIST_MAX_PORT: variable({
    section: 'Distribution',
    description: 'Last TCP port between servers.',
    schema: port,
  }),
};
