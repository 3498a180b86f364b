import { z } from 'zod';
import { ShoalError } from '../error/shoal-error.ts';
import type { GivenOptions } from './component-kind.ts';
import type { SubscribeMode } from './subscribable.ts';

/**
 * Reads component options of every kind: docs/contracts/fishjam-rest.md 6.1. Numbers and booleans may be text; `null` counts as unset only
 * where a schema is {@link nullable}; unknown options are ignored. The same schemas describe the options in the OpenAPI document. A default
 * after a cast is a `prefault`, as otherwise the description would not contain it.
 */

/** An integer, also as decimal text. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return z.preprocess(castNumber, z.int().min(minimum).max(maximum));
}

/** True or false, also as text. */
export function flag() {
  return z.preprocess(castFlag, z.boolean());
}

/** The subscribe mode of a component. @param kind name for the description */
export function subscribeMode(kind: string) {
  const modes: readonly SubscribeMode[] = ['auto', 'manual'];
  return z.enum(modes).describe(`Whether the ${kind} component should subscribe to tracks automatically or manually`);
}

/** An option that may be missing or `null`, which is the same. */
export function nullable<S extends z.ZodType>(schema: S) {
  return schema.nullish().transform((value) => value ?? null);
}

/** S3 credentials as in requests. */
export const S3Credentials = z
  .object({
    accessKeyId: z.string().describe('An AWS access key identifier, linked to your AWS account'),
    secretAccessKey: z.string().describe('The secret key that is linked to the Access Key ID'),
    region: z.string().describe('The AWS region where your bucket is located'),
    bucket: z.string().describe('The name of the S3 bucket where your data will be stored'),
  })
  .meta({
    id: 'S3Credentials',
    description: 'Credentials to AWS S3. Nothing is uploaded without them',
  });

/**
 * Reads options. @param required names of required options; the first missing one is named
 * @throws ShoalError optionMissing; invalidBody when anything else is wrong
 */
export function castOptions<S extends z.ZodType>(
  schema: S,
  options: GivenOptions,
  required: readonly string[] = [],
): z.output<S> {
  const missing = required.find((name) => !Object.hasOwn(options, name));
  if (missing !== undefined) throw new ShoalError('optionMissing', missing);
  return castOption(schema, options, 'invalidBody');
}

/** Reads a single option whose invalid value has an error of its own. @throws ShoalError with `code` */
export function castOption<S extends z.ZodType>(
  schema: S,
  value: unknown,
  code: 'invalidBody' | 'invalidFramerate',
): z.output<S> {
  const result = schema.safeParse(value);
  if (!result.success) throw new ShoalError(code);
  return result.data;
}

function castNumber(value: unknown): unknown {
  return typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value;
}

function castFlag(value: unknown): unknown {
  if (value === 'true') return true;
  return value === 'false' ? false : value;
}
