import { isIP } from 'node:net';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { anyText, boolean, words } from './text-form.ts';
import { variable } from './variable.ts';

/** The kinds of component that can be allowed with `FJ_COMPONENTS_USED`. */
const componentNames = ['hls', 'rtsp', 'file', 'sip', 'recording'] as const;
type ComponentName = (typeof componentNames)[number];

/** Allowed component kinds: docs/contracts/fishjam-config.md 2.1. */
export const componentVariables = {
  used: variable('FJ_COMPONENTS_USED', {
    description: `Component types that may be created, space-separated: \`${componentNames.join(' ')}\`.`,
    form: words,
    defaultText: 'none in production; every type that is built elsewhere',
  }),
};

/** docs/contracts/fishjam-config.md 2.3. */
export const sipVariables = {
  ip: variable('FJ_SIP_IP', {
    description: 'Our address in SIP contact data and SDP. Required when `sip` is in `FJ_COMPONENTS_USED`.',
    form: anyText,
  }),
};

/** docs/contracts/fishjam-config.md 8. */
export const jellyfishVariables = {
  sip: variable('JF_SIP_USED', {
    description: 'Only in Jellyfish mode with `FJ_COMPONENTS_USED` unset: allows SIP components.',
    form: boolean,
    default: 'false',
  }),
  recording: variable('JF_RECORDING_USED', {
    description: 'Only in Jellyfish mode with `FJ_COMPONENTS_USED` unset: `false` forbids Recording components.',
    form: boolean,
    default: 'true',
  }),
};

export interface ComponentsConfig {
  /** Absent: unset outside production, which means every kind that is built. */
  readonly componentsUsed?: ReadonlySet<ComponentName>;
  /** Absent: SIP is not allowed or, outside production, no usable `FJ_SIP_IP` is set. */
  readonly sip?: { readonly ip: string };
}

/** @throws ConfigError */
export function readComponents(environment: Environment): ComponentsConfig {
  const componentsUsed = readUsed(environment);
  if (componentsUsed && !componentsUsed.has('sip')) return { componentsUsed };
  const ip = environment.read(sipVariables.ip);
  if (ip !== undefined && isIP(ip) !== 0) return { ...(componentsUsed && { componentsUsed }), sip: { ip } };
  if (componentsUsed) throw new ConfigError(sipFailure(environment));
  return {};
}

function readUsed(environment: Environment): Set<ComponentName> | undefined {
  const words = environment.read(componentVariables.used);
  if (words) return new Set(words.map((word) => toName(word, environment.nameOf(componentVariables.used))));
  if (environment.jellyfish) return jellyfishComponents(environment);
  return environment.production ? new Set() : undefined;
}

function toName(word: string, variable: string): ComponentName {
  const name = componentNames.find((known) => known === word);
  if (name) return name;
  throw new ConfigError(`Invalid value in ${variable}. Expected a lowercase component name, got: ${word}`);
}

/** Jellyfish has no list: most kinds are always on, two have a switch. */
function jellyfishComponents(environment: Environment): Set<ComponentName> {
  const used: ComponentName[] = ['hls', 'rtsp', 'file'];
  if (environment.read(jellyfishVariables.sip)) used.push('sip');
  if (environment.read(jellyfishVariables.recording)) used.push('recording');
  return new Set(used);
}

function sipFailure(environment: Environment): string {
  const name = environment.nameOf(sipVariables.ip);
  if (environment.jellyfish && environment.text(componentVariables.used) === undefined) {
    return `JF_SIP_USED has been set to true but incorrect IP address was provided as \`${name}\``;
  }
  return `SIP components are allowed, but incorrect IP address was provided as \`${name}\``;
}
