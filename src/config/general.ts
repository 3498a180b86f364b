import { resolve } from 'node:path';
import type { Environment } from './environment.ts';
import { anyText, integer, ip, port } from './text-form.ts';
import { variable } from './variable.ts';

/** Folders, metrics and the like: docs/contracts/fishjam-config.md 2.1. */
export const generalVariables = {
  resourcesBasePath: variable('FJ_RESOURCES_BASE_PATH', {
    description: 'Folder for recordings, HLS output and inputs of File components.',
    form: anyText,
    defaultText: '`fishjam_resources` (`jellyfish_resources` in Jellyfish mode)',
  }),
  gitCommit: variable('FJ_GIT_COMMIT', { description: 'Commit reported by `/health`.', form: anyText, default: 'dev' }),
  /** Bytes; 0: any number. */
  maxProcessMemory: variable('SHOAL_PROCESS_MEMORY_MB', {
    description:
      'Memory, in MB, that the composer of a room (with its decoders and encoders) or a track recorder (with all its rooms) may use before it is replaced. 0: no limit.',
    form: integer(0, 1_000_000),
    default: '4096',
  }),
};

export const metricsVariables = {
  ip: variable('FJ_METRICS_IP', { description: 'Address of the Prometheus listener.', form: ip, default: '127.0.0.1' }),
  port: variable('FJ_METRICS_PORT', { description: 'Port of the Prometheus listener.', form: port, default: '9568' }),
};

/** `resourcesBasePath` is absolute. */
export function readGeneral(environment: Environment, workingDirectory: string) {
  const general = environment.readAll(generalVariables);
  const folder = general.resourcesBasePath ?? (environment.jellyfish ? 'jellyfish_resources' : 'fishjam_resources');
  return {
    ...general,
    resourcesBasePath: resolve(workingDirectory, folder),
    metrics: environment.readAll(metricsVariables),
  };
}
