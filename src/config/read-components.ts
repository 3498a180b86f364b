import { isIP } from 'node:net';
import { type ComponentName, type Config, componentNames } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';

/** Allowed component kinds and the SIP address: docs/contracts/fishjam-config.md 2.1, 2.3 and 8. */
export function readComponents(environment: Environment): Pick<Config, 'componentsUsed' | 'sip'> {
  const componentsUsed = readAllowed(environment);
  if (componentsUsed && !componentsUsed.has('sip')) return { componentsUsed };
  const ip = environment.read('FJ_SIP_IP');
  if (ip !== undefined && isIP(ip) !== 0) return { ...(componentsUsed && { componentsUsed }), sip: { ip } };
  if (componentsUsed) throw new ConfigError(sipFailure(environment));
  return {};
}

function readAllowed(environment: Environment): Set<ComponentName> | undefined {
  const words = environment.read('FJ_COMPONENTS_USED');
  if (words) return new Set(words.map((word) => toComponentName(word, environment.nameOf('FJ_COMPONENTS_USED'))));
  if (environment.jellyfish) return jellyfishComponents(environment);
  return environment.production ? new Set() : undefined;
}

function toComponentName(word: string, name: string): ComponentName {
  const type = componentNames.find((known) => known === word);
  if (type) return type;
  throw new ConfigError(`Invalid value in ${name}. Expected a lowercase component name, got: ${word}`);
}

/** Jellyfish has no list: most kinds are always on, two have a switch. */
function jellyfishComponents(environment: Environment): Set<ComponentName> {
  const allowed: ComponentName[] = ['hls', 'rtsp', 'file'];
  if (environment.require('JF_SIP_USED')) allowed.push('sip');
  if (environment.require('JF_RECORDING_USED')) allowed.push('recording');
  return new Set(allowed);
}

function sipFailure(environment: Environment): string {
  const name = environment.nameOf('FJ_SIP_IP');
  if (environment.jellyfish && environment.text('FJ_COMPONENTS_USED') === undefined) {
    return `JF_SIP_USED has been set to true but incorrect IP address was provided as \`${name}\``;
  }
  return `SIP components are allowed, but incorrect IP address was provided as \`${name}\``;
}
