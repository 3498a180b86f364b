import { z } from 'zod';
import type { GivenOptions } from '../component-kind.ts';
import { castOptions, flag, nullable, s3Credentials, subscribeMode, wholeNumber } from '../option-cast.ts';

const schema = z.object({
  lowLatency: flag().default(false),
  persistent: flag().default(false),
  targetWindowDuration: nullable(wholeNumber(Number.MIN_SAFE_INTEGER)),
  subscribeMode: subscribeMode(),
  s3: nullable(s3Credentials()),
});

/** `targetWindowDuration`: in seconds; `null` keeps the whole stream. */
export type HlsOptions = z.output<typeof schema>;

/** docs/contracts/fishjam-rest.md 6.2. @throws ShoalError invalidBody */
export function readHlsOptions(options: GivenOptions): HlsOptions {
  return castOptions(schema, options);
}
