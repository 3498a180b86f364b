import type { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { defaultOf } from './variable.ts';
import { type VariableName, variables } from './variables.ts';

/** The process environment as handed in; never read from the global one, so that tests can give their own. */
export type EnvironmentRecord = Readonly<Record<string, string | undefined>>;

/** The value that a variable's text turns into. */
export type ValueOf<Name extends VariableName> = z.output<ReturnType<(typeof variables)[Name]['schema']>>;

/** The container image presets these, so they say nothing about which server the operator has in mind. */
const presets = new Set([
  'FJ_IP',
  'FJ_METRICS_IP',
  'FJ_RESOURCES_BASE_PATH',
  'FJ_DIST_MIN_PORT',
  'FJ_DIST_MAX_PORT',
  'FJ_GIT_COMMIT',
]);

/** Looks variables up: `FJ_X`, then `JF_X`, then the default (docs/contracts/fishjam-config.md 1). */
export class Environment {
  readonly production: boolean;
  /** True when the operator speaks Jellyfish only: some `JF_` variable and no `FJ_` one (docs/contracts/fishjam-config.md 8). */
  readonly jellyfish: boolean;
  readonly warnings: string[] = [];
  readonly #record: EnvironmentRecord;

  constructor(record: EnvironmentRecord) {
    this.#record = record;
    this.production = record.NODE_ENV === 'production';
    const names = Object.keys(record).filter((name) => record[name] !== undefined);
    this.jellyfish =
      names.some((name) => name.startsWith('JF_')) &&
      !names.some((name) => name.startsWith('FJ_') && !presets.has(name));
    this.#warnAboutOldNames(names);
  }

  /** The name under which the variable is set, or would be expected: the one that messages carry. */
  nameOf(name: VariableName): string {
    const old = oldName(name);
    if (this.#record[name] !== undefined || old === undefined) return name;
    return this.#record[old] !== undefined || this.jellyfish ? old : name;
  }

  /** The raw text, without default; undefined when unset. An empty text counts as set. */
  text(name: VariableName): string | undefined {
    return this.#record[this.nameOf(name)];
  }

  /** The value, from the default when unset; undefined when there is no default. Throws ConfigError. */
  read<Name extends VariableName>(name: Name): ValueOf<Name> | undefined {
    const found = this.text(name) ?? defaultOf(variables[name], this.production);
    if (found === undefined) return undefined;
    const result = variables[name].schema(this.nameOf(name)).safeParse(found);
    if (!result.success) throw new ConfigError(result.error.issues[0]?.message ?? `Bad ${name}`);
    return result.data as ValueOf<Name>;
  }

  /** As `read`, for variables whose default covers every case. */
  require<Name extends VariableName>(name: Name): ValueOf<Name> {
    const value = this.read(name);
    if (value === undefined) throw new ConfigError(`environment variable ${this.nameOf(name)} is missing.`);
    return value;
  }

  #warnAboutOldNames(names: string[]): void {
    for (const name of Object.keys(variables) as VariableName[]) {
      const old = oldName(name);
      if (old === undefined || this.#record[old] === undefined) continue;
      this.warnings.push(
        `The environment variable ${old} is deprecated: support for it ends in version 0.8.0. Use ${name} instead.`,
      );
    }
    for (const name of names.filter((name) => /^(FJ|JF)_INTEGRATED_(TCP_)?TURN_/.test(name))) {
      this.warnings.push(`The environment variable ${name} is ignored. See FJ_WEBRTC_TURN_*.`);
    }
  }
}

function oldName(name: VariableName): string | undefined {
  return name.startsWith('FJ_') ? `JF_${name.slice(3)}` : undefined;
}
