import { z } from 'zod';
import type { GivenOptions } from '../component-kind.ts';
import { castOptions, flag, nullable, S3Credentials, subscribeMode, wholeNumber } from '../option-cast.ts';

const lowLatency = 'Whether the component should use LL-HLS';
const persistent = 'Whether the video is stored after end of stream';
const targetWindowDuration = 'Duration of stream available for viewer, in seconds';

/** docs/contracts/fishjam-rest.md 6.2. */
export const ComponentOptionsHLS = z
  .object({
    lowLatency: flag().prefault(false).describe(lowLatency),
    persistent: flag().prefault(false).describe(persistent),
    targetWindowDuration: nullable(wholeNumber(Number.MIN_SAFE_INTEGER)).describe(targetWindowDuration),
    subscribeMode: subscribeMode('HLS').default('auto'),
    s3: nullable(S3Credentials),
  })
  .meta({ id: 'ComponentOptionsHLS', description: 'Options specific to the HLS component' });

/** `targetWindowDuration`: in seconds; `null`: the whole stream is listed. */
export type HlsOptions = z.output<typeof ComponentOptionsHLS>;

/** Reads the options. @throws ShoalError invalidBody */
export function readHlsOptions(options: GivenOptions): HlsOptions {
  return castOptions(ComponentOptionsHLS, options);
}

/** docs/contracts/fishjam-rest.md 3.4. */
export const ComponentPropertiesHLS = z
  .object({
    playable: z.boolean().describe('Whether the generated HLS playlist is playable'),
    lowLatency: z.boolean().describe('Whether the component uses LL-HLS'),
    persistent: z.boolean().describe(persistent),
    targetWindowDuration: z.int().nullable().describe(targetWindowDuration),
    subscribeMode: subscribeMode('HLS'),
    s3: z.any().meta({ nullable: true, enum: [null], description: 'Always null: credentials are not shown' }),
  })
  .meta({ id: 'ComponentPropertiesHLS', description: 'Properties specific to the HLS component' });

export type HlsProperties = z.output<typeof ComponentPropertiesHLS>;
