import type { z } from 'zod';

/** Text used when a variable is unset: one for all, or one for production and one for elsewhere. */
type Default = string | { readonly production?: string; readonly development?: string };
type FullDefault = string | Required<Exclude<Default, string>>;
type ValueWith<Given, Value> = Given extends FullDefault ? Value : Value | undefined;

interface Entry<Form> {
  /** One or two sentences for the operator, in Markdown. */
  readonly description: string;
  /** Turns the text into a value; made for a name because the messages carry it. */
  readonly form: (name: string) => Form;
  readonly default?: Default;
  /** What the table says about the default when the value is computed or differs in words. */
  readonly defaultText?: string;
}

/**
 * Everything there is to know about one environment variable. Its place in the configuration is where it is listed; the table in
 * docs/operator.md is printed from it. `Value` includes undefined when the variable can be unset.
 */
export interface Variable<Value = unknown> extends Entry<z.ZodType<Value>> {
  readonly name: string;
}

export function variable<Form extends z.ZodType, Given extends Default | undefined = undefined>(
  name: string,
  entry: Entry<Form> & { readonly default?: Given },
): Variable<ValueWith<Given, z.output<Form>>> {
  return { name, ...entry } as Variable as Variable<ValueWith<Given, z.output<Form>>>;
}

/** The default text for the given kind of run, undefined when there is none. */
export function defaultOf(entry: Variable, production: boolean): string | undefined {
  if (entry.default === undefined || typeof entry.default === 'string') return entry.default;
  return production ? entry.default.production : entry.default.development;
}
