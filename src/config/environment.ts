import { ConfigError } from './config-error.ts';
import { defaultOf, type Variable } from './variable.ts';

/** The process environment as handed in; never read from the global one, so that tests can give their own. */
export type EnvironmentRecord = Readonly<Record<string, string | undefined>>;

/** Variables by the member of the configuration that they fill. */
export type VariableGroup = Readonly<Record<string, Variable>>;

type ValueOf<V> = V extends Variable<infer Value> ? Value : never;
type Settable<Group> = { [K in keyof Group]: undefined extends ValueOf<Group[K]> ? K : never }[keyof Group];

/** The values of a group; a member is absent when its variable is unset and has no default. */
export type ValuesOf<Group> = { readonly [K in Exclude<keyof Group, Settable<Group>>]: ValueOf<Group[K]> } & {
  readonly [K in Settable<Group>]?: ValueOf<Group[K]>;
};

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

  /** @param known every variable that the server reads */
  constructor(record: EnvironmentRecord, known: readonly Variable[]) {
    this.#record = record;
    this.production = record.NODE_ENV === 'production';
    const names = Object.keys(record).filter((name) => record[name] !== undefined);
    this.jellyfish =
      names.some((name) => name.startsWith('JF_')) &&
      !names.some((name) => name.startsWith('FJ_') && !presets.has(name));
    this.#warnAboutOldNames(names, known);
  }

  /** The name under which the variable is set, or would be expected: the one that messages carry. */
  nameOf({ name }: Variable): string {
    const old = oldName(name);
    if (this.#record[name] !== undefined || old === undefined) return name;
    return this.#record[old] !== undefined || this.jellyfish ? old : name;
  }

  /** The raw text, without default; undefined when unset. An empty text counts as set. */
  text(variable: Variable): string | undefined {
    return this.#record[this.nameOf(variable)];
  }

  /** The value, from the default when unset; undefined when there is no default. @throws ConfigError */
  read<Value>(variable: Variable<Value>): Value {
    const found = this.text(variable) ?? defaultOf(variable, this.production);
    if (found === undefined) return undefined as Value;
    const result = variable.form(this.nameOf(variable)).safeParse(found);
    if (!result.success) throw new ConfigError(result.error.issues[0]?.message ?? `Bad ${variable.name}`);
    return result.data;
  }

  /** The values of a group. @throws ConfigError */
  readAll<Group extends VariableGroup>(group: Group): ValuesOf<Group> {
    const values = Object.entries(group).map(([member, variable]) => [member, this.read(variable)] as const);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as ValuesOf<Group>;
  }

  #warnAboutOldNames(names: readonly string[], known: readonly Variable[]): void {
    for (const { name } of known) {
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

function oldName(name: string): string | undefined {
  return name.startsWith('FJ_') ? `JF_${name.slice(3)}` : undefined;
}
