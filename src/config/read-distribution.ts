import type { DistributionConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { Secret } from './secret.ts';

/** The cluster: docs/contracts/fishjam-config.md 2.5. The mode is checked even when distribution is off. */
export function readDistribution(environment: Environment, hostname: string): DistributionConfig {
  const mode = readMode(environment);
  if (!environment.require('FJ_DIST_ENABLED')) return { enabled: false, mode };
  const strategy = readStrategy(environment, mode);
  const minPort = environment.read('FJ_DIST_MIN_PORT');
  const maxPort = environment.read('FJ_DIST_MAX_PORT');
  const product = environment.jellyfish ? 'jellyfish' : 'fishjam';
  return {
    enabled: true,
    mode,
    nodeName: readNodeName(environment, `${product}@${hostname}`),
    cookie: environment.read('FJ_DIST_COOKIE') ?? new Secret(`${product}_cookie`),
    ...(minPort !== undefined && { minPort }),
    ...(maxPort !== undefined && { maxPort }),
    ...strategy,
  };
}

function readMode(environment: Environment): 'sname' | 'name' {
  const mode = environment.require('FJ_DIST_MODE');
  if (mode === 'sname' || mode === 'name') return mode;
  throw new ConfigError(`Invalid ${environment.nameOf('FJ_DIST_MODE')}. Expected sname or name, got: ${mode}`);
}

function readNodeName(environment: Environment, standard: string): string {
  const name = environment.read('FJ_DIST_NODE_NAME') ?? standard;
  if (name.split('@').length === 2) return name;
  const variable = environment.nameOf('FJ_DIST_NODE_NAME');
  throw new ConfigError(`${variable} has to be in form of <nodename>@<hostname>. Got: ${name}`);
}

function readStrategy(environment: Environment, mode: 'sname' | 'name') {
  const strategy = environment.require('FJ_DIST_STRATEGY_NAME');
  if (strategy === 'NODES_LIST') return readNodesList(environment);
  if (strategy === 'DNS') return readDns(environment, mode);
  const prefix = environment.nameOf('FJ_DIST_STRATEGY_NAME').slice(0, 2);
  throw new ConfigError(
    `${prefix}_DIST_ENABLED has been set but unknown ${prefix}_DIST_STRATEGY was provided. ` +
      `Availabile strategies are EPMD or DNS, provided strategy name was: ${JSON.stringify(strategy)}`,
  );
}

function readNodesList(environment: Environment) {
  const nodes = environment.require('FJ_DIST_NODES');
  if (nodes.length === 0) {
    environment.warnings.push(
      `NODES_LIST strategy requires ${environment.nameOf('FJ_DIST_NODES')} to name the servers.`,
    );
  }
  return { strategy: 'NODES_LIST', nodes } as const;
}

function readDns(environment: Environment, mode: 'sname' | 'name') {
  if (mode !== 'name') {
    throw new ConfigError(`DNS strategy requires \`${environment.nameOf('FJ_DIST_MODE')}\` to be \`name\``);
  }
  const query = environment.read('FJ_DIST_QUERY');
  if (query === undefined) throw new ConfigError(`${environment.nameOf('FJ_DIST_QUERY')} is required by DNS strategy`);
  const interval = environment.require('FJ_DIST_POLLING_INTERVAL');
  if (!/^[1-9]\d*$/.test(interval)) {
    const name = environment.nameOf('FJ_DIST_POLLING_INTERVAL');
    throw new ConfigError(`\`${name}\` must be a positivie integer. Got: ${interval}`);
  }
  return { strategy: 'DNS', query, pollingIntervalMs: Number(interval) } as const;
}
