import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { Secret } from './secret.ts';
import { anyText, boolean, port, secret, words } from './text-form.ts';
import { variable } from './variable.ts';

/** The cluster: docs/contracts/fishjam-config.md 2.5. */
export const distributionVariables = {
  enabled: variable('FJ_DIST_ENABLED', {
    description: '`true`: several servers form a cluster; the following are read only then.',
    form: boolean,
    default: 'false',
  }),
  strategy: variable('FJ_DIST_STRATEGY_NAME', {
    description: '`NODES_LIST` or `DNS`.',
    form: anyText,
    default: 'NODES_LIST',
  }),
  mode: variable('FJ_DIST_MODE', {
    description: '`sname` or `name`. Checked even when distribution is off.',
    form: anyText,
    default: 'sname',
  }),
  cookie: variable('FJ_DIST_COOKIE', {
    description: 'Secret of the cluster; servers with different ones do not join.',
    form: secret,
    defaultText: '`fishjam_cookie` (`jellyfish_cookie` in Jellyfish mode)',
  }),
  nodeName: variable('FJ_DIST_NODE_NAME', {
    description: 'Name of this server, `<nodename>@<hostname>`.',
    form: anyText,
    defaultText: '`fishjam@<hostname>` (`jellyfish@…` in Jellyfish mode)',
  }),
  nodes: variable('FJ_DIST_NODES', {
    description: 'NODES_LIST: names of the servers, space-separated; may contain this one.',
    form: words,
    default: '',
  }),
  query: variable('FJ_DIST_QUERY', {
    description: 'DNS: name that resolves to the addresses of the servers.',
    form: anyText,
  }),
  pollingInterval: variable('FJ_DIST_POLLING_INTERVAL', {
    description: 'DNS: ms between two look-ups.',
    form: anyText,
    default: '5000',
  }),
  minPort: variable('FJ_DIST_MIN_PORT', { description: 'First TCP port between servers.', form: port }),
  maxPort: variable('FJ_DIST_MAX_PORT', { description: 'Last TCP port between servers.', form: port }),
};

export type DistributionConfig =
  | { readonly enabled: false; readonly mode: 'sname' | 'name' }
  | ({
      readonly enabled: true;
      readonly mode: 'sname' | 'name';
      /** `<nodename>@<hostname>`. */
      readonly nodeName: string;
      readonly cookie: Secret;
      readonly minPort?: number;
      readonly maxPort?: number;
    } & (
      | { readonly strategy: 'NODES_LIST'; readonly nodes: readonly string[] }
      | { readonly strategy: 'DNS'; readonly query: string; readonly pollingIntervalMs: number }
    ));

/** The mode is checked even when distribution is off. @throws ConfigError */
export function readDistribution(environment: Environment, hostname: string): DistributionConfig {
  const mode = readMode(environment);
  if (!environment.read(distributionVariables.enabled)) return { enabled: false, mode };
  const strategy = readStrategy(environment, mode);
  const { minPort, maxPort } = distributionVariables;
  const product = environment.jellyfish ? 'jellyfish' : 'fishjam';
  return {
    enabled: true,
    mode,
    nodeName: readNodeName(environment, `${product}@${hostname}`),
    cookie: environment.read(distributionVariables.cookie) ?? new Secret(`${product}_cookie`),
    ...environment.readAll({ minPort, maxPort }),
    ...strategy,
  };
}

function readMode(environment: Environment): 'sname' | 'name' {
  const mode = environment.read(distributionVariables.mode);
  if (mode === 'sname' || mode === 'name') return mode;
  throw new ConfigError(
    `Invalid ${environment.nameOf(distributionVariables.mode)}. Expected sname or name, got: ${mode}`,
  );
}

function readNodeName(environment: Environment, standard: string): string {
  const name = environment.read(distributionVariables.nodeName) ?? standard;
  if (name.split('@').length === 2) return name;
  const variable = environment.nameOf(distributionVariables.nodeName);
  throw new ConfigError(`${variable} has to be in form of <nodename>@<hostname>. Got: ${name}`);
}

function readStrategy(environment: Environment, mode: 'sname' | 'name') {
  const strategy = environment.read(distributionVariables.strategy);
  if (strategy === 'NODES_LIST') return readNodesList(environment);
  if (strategy === 'DNS') return readDns(environment, mode);
  const prefix = environment.nameOf(distributionVariables.strategy).slice(0, 2);
  throw new ConfigError(
    `${prefix}_DIST_ENABLED has been set but unknown ${prefix}_DIST_STRATEGY was provided. ` +
      `Availabile strategies are EPMD or DNS, provided strategy name was: ${JSON.stringify(strategy)}`,
  );
}

function readNodesList(environment: Environment) {
  const nodes = environment.read(distributionVariables.nodes);
  if (nodes.length === 0) {
    const name = environment.nameOf(distributionVariables.nodes);
    environment.warnings.push(`NODES_LIST strategy requires ${name} to name the servers.`);
  }
  return { strategy: 'NODES_LIST', nodes } as const;
}

function readDns(environment: Environment, mode: 'sname' | 'name') {
  const nameOf = (member: keyof typeof distributionVariables) => environment.nameOf(distributionVariables[member]);
  if (mode !== 'name') throw new ConfigError(`DNS strategy requires \`${nameOf('mode')}\` to be \`name\``);
  const query = environment.read(distributionVariables.query);
  if (query === undefined) throw new ConfigError(`${nameOf('query')} is required by DNS strategy`);
  const interval = environment.read(distributionVariables.pollingInterval);
  if (!/^[1-9]\d*$/.test(interval)) {
    throw new ConfigError(`\`${nameOf('pollingInterval')}\` must be a positivie integer. Got: ${interval}`);
  }
  return { strategy: 'DNS', query, pollingIntervalMs: Number(interval) } as const;
}
