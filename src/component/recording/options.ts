import { z } from 'zod';
import { ShoalError } from '../../error/shoal-error.ts';
import type { S3Account } from '../../storage/s3-bucket.ts';
import type { GivenOptions } from '../component-kind.ts';
import { castOptions, flag, nullable, S3Credentials, subscribeMode } from '../option-cast.ts';
import type { SubscribeMode } from '../subscribable.ts';

/** docs/contracts/fishjam-rest.md 6.6; `composed` is an addition of ours. */
export const ComponentOptionsRecording = z
  .object({
    pathPrefix: nullable(z.string()).describe('Path prefix under which all recording are stored'),
    credentials: nullable(S3Credentials),
    subscribeMode: subscribeMode('Recording').default('auto'),
    composed: flag().prefault(false).describe('Whether the room is recorded as one composed video, too (Shoal)'),
  })
  .meta({ id: 'ComponentOptionsRecording', description: 'Options specific to the Recording component' });

/** docs/contracts/fishjam-rest.md 3.4. */
export const ComponentPropertiesRecording = z.object({ subscribeMode: subscribeMode('Recording') }).meta({
  id: 'ComponentPropertiesRecording',
  description: 'Properties specific to the Recording component',
});

export type RecordingProperties = z.output<typeof ComponentPropertiesRecording>;

/** The configuration of recordings. */
export interface RecordingEnvironment {
  /** Whether there are S3 credentials. */
  readonly hasAccount: boolean;
  readonly pathPrefix?: string | undefined;
  /** Whether recordings stay on this host when there are no credentials. */
  readonly local: boolean;
}

export interface RecordingOptions {
  /** Undefined: it stays on this host. `account` undefined: that of the configuration. */
  readonly upload?: { readonly prefix: string; readonly account?: S3Account };
  readonly subscribeMode: SubscribeMode;
  /** Whether the room is recorded as a composite, too. An addition of ours. */
  readonly composed: boolean;
}

/**
 * docs/contracts/fishjam-rest.md 6.6.
 * @throws ShoalError invalidBody, missingS3Credentials, conflictingS3Credentials, conflictingS3PathPrefix
 */
export function readRecordingOptions(options: GivenOptions, environment: RecordingEnvironment): RecordingOptions {
  const { credentials, pathPrefix, subscribeMode, composed } = castOptions(ComponentOptionsRecording, options);
  const shared = { subscribeMode, composed };
  if (!credentials && !environment.hasAccount && !environment.local) throw new ShoalError('missingS3Credentials');
  if (credentials && environment.hasAccount) throw new ShoalError('conflictingS3Credentials');
  if (pathPrefix !== null && environment.pathPrefix !== undefined) throw new ShoalError('conflictingS3PathPrefix');
  if (!credentials && !environment.hasAccount) return shared;
  const prefix = pathPrefix ?? environment.pathPrefix ?? '';
  return { ...shared, upload: { prefix, ...(credentials && { account: toAccount(credentials) }) } };
}

function toAccount({ bucket, region, accessKeyId, secretAccessKey }: z.output<typeof S3Credentials>): S3Account {
  return { bucket, region, accessKeyId, secretAccessKey };
}
