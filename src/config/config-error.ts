import { StartError } from '../error/start-error.ts';

/** The environment is wrong: the start ends with this message and a non-zero exit code (docs/contracts/fishjam-config.md 1). */
export class ConfigError extends StartError {
  override readonly name = 'ConfigError';
}
