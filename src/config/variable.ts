import type { z } from 'zod';

/** The sections of the configuration table, in the order in which they are printed. */
export const sections = [
  'General',
  'WebRTC',
  'TURN',
  'RTSP',
  'SIP',
  'S3',
  'Storage',
  'Program',
  'Recorders',
  'Distribution',
  'Webhooks',
  'Jellyfish',
] as const;

/** Text used when a variable is unset: one for all, or one for production and one for elsewhere. */
export type Default = string | { readonly production?: string; readonly development?: string };

/** Everything there is to know about one environment variable; the table in docs/operator.md is printed from it. */
export interface Variable<Schema extends z.ZodType<unknown, string> = z.ZodType<unknown, string>> {
  readonly section: (typeof sections)[number];
  /** One or two sentences for the operator, in Markdown. */
  readonly description: string;
  /** Turns the text into a value; built per name because the messages carry the name. */
  readonly schema: (name: string) => Schema;
  readonly default?: Default;
  /** What the table says about the default when the value is computed or differs in words. */
  readonly defaultText?: string;
}

/** Keeps the schema's type while checking the shape. */
export function variable<Schema extends z.ZodType<unknown, string>>(entry: Variable<Schema>): Variable<Schema> {
  return entry;
}

/** The default text for the given kind of run, undefined when there is none. */
export function defaultOf(entry: Variable, production: boolean): string | undefined {
  if (entry.default === undefined || typeof entry.default === 'string') return entry.default;
  return production ? entry.default.production : entry.default.development;
}
