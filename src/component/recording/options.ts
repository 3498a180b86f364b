import { z } from 'zod';
import { ShoalError } from '../../error/shoal-error.ts';
import type { ComponentOptions } from '../component-kind.ts';
import {
  castOptions,
  nullable,
  type S3Credentials,
  type SubscribeMode,
  s3Credentials,
  subscribeMode,
  text,
} from '../option-cast.ts';

const schema = z.object({
  pathPrefix: nullable(text()),
  credentials: nullable(s3Credentials()),
  subscribeMode: subscribeMode(),
});

/** What the server's environment says about S3. */
export interface S3Environment {
  readonly credentials?: S3Credentials;
  readonly pathPrefix?: string;
}

export interface RecordingOptions {
  readonly credentials: S3Credentials;
  readonly pathPrefix: string;
  readonly subscribeMode: SubscribeMode;
}

/**
 * Section 6.6 of the REST contract.
 * @throws ShoalError invalidBody, missingS3Credentials, conflictingS3Credentials, conflictingS3PathPrefix
 */
export function readRecordingOptions(options: ComponentOptions, environment: S3Environment): RecordingOptions {
  const { credentials, pathPrefix, subscribeMode } = castOptions(schema, options);
  const chosen = credentials ?? environment.credentials;
  if (!chosen) throw new ShoalError('missingS3Credentials');
  if (credentials && environment.credentials) throw new ShoalError('conflictingS3Credentials');
  if (pathPrefix !== null && environment.pathPrefix !== undefined) throw new ShoalError('conflictingS3PathPrefix');
  return { credentials: chosen, pathPrefix: pathPrefix ?? environment.pathPrefix ?? '', subscribeMode };
}
